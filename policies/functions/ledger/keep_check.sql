-- Keep what a check of the ledger found, for admins to read, and tell every admin if there is something; return how many
-- differences. `wrong` is a list of {kind, source, reservation_id, shop_id, cents}, of which the first thousand are kept.
-- Called by the worker's daily job and by `ecopanier ledger check`. An admin is told once a day.
-- Definer, because nobody may write what was found; only the worker may execute it.
create or replace function app.keep_check(wrong jsonb, lines bigint) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    made bigint;
begin
    insert into accounting.ledger_checks (checked_at, lines, differences)
    values (app.clock(), keep_check.lines, jsonb_array_length(wrong)) returning id into made;
    insert into accounting.ledger_differences (check_id, number, kind, source, reservation_id, shop_id, cents)
    select made, row_number() over (), x.kind, x.source, x.reservation_id, x.shop_id, x.cents
    from jsonb_to_recordset(wrong) as x (kind text, source text, reservation_id uuid, shop_id uuid, cents bigint) limit 1000;
    if wrong <> '[]' then
        perform app.notify(a.id, 'ledger_differs', jsonb_build_object('differences', jsonb_array_length(wrong)),
                           app.paris_day(app.clock())::text)
        from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id;
    end if;
    return jsonb_array_length(wrong);
end $$;
grant execute on function app.keep_check(jsonb, bigint) to ecopanier_worker;
