-- Return up to `most` shops that owe the platform money, with their names, the largest debt first.
-- Called by GET /v1/admin/shops-in-debt, as an admin.
-- Definer, because only the accountant reads postings.
create or replace function app.shops_in_debt_seen(most int) returns table (shop_id uuid, name text, debt_cents bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return query select d.shop_id, s.name, d.debt_cents from app.shops_in_debt() d left join app.shops s on s.id = d.shop_id
                 order by d.debt_cents desc, d.shop_id limit most;
end $$;
grant execute on function app.shops_in_debt_seen(int) to authenticated;
