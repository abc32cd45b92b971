-- Until when a right lasts about which its beneficiary is to be reminded; nothing once it was renewed for longer or
-- suspended. Definer; for the worker.
create or replace function app.right_to_remind_of(beneficiary uuid) returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select b.eligible_until from app.beneficiaries b
            where b.id = beneficiary and b.status = 'verified'
              and b.eligible_until between app.paris_day(app.clock()) and app.paris_day(app.clock()) + 30);
end $$;
grant execute on function app.right_to_remind_of(uuid) to ecopanier_worker;
