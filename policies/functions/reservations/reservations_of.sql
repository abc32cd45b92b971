-- Return the ids of the caller's reservations; nothing for any other account.
-- Called by policies. Definer, because policies of other tables ask it while reservations has policies of its own.
create or replace function app.reservations_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.id from app.reservations r where r.account_id = account and account = app.caller();
end $$;
grant execute on function app.reservations_of(uuid) to authenticated;
