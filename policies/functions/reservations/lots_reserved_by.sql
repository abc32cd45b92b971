-- The lots that an account ever reserved, for policies: a holder still sees what they hold when it is sold out or over.
-- Definer, ids only, and only one's own.
create or replace function app.lots_reserved_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.lot_id from app.reservations r where r.account_id = account and account = app.caller();
end $$;
grant execute on function app.lots_reserved_by(uuid) to anon, authenticated;
