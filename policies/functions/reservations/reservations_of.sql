-- The reservations of an account, for policies. Definer, ids only, and only one's own.
create or replace function app.reservations_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.id from app.reservations r where r.account_id = account and account = app.caller();
end $$;
grant execute on function app.reservations_of(uuid) to authenticated;
