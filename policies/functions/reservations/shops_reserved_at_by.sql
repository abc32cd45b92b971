-- Return the ids of the shops where the caller ever reserved; nothing for any other account.
-- Called by policies: a holder still sees where to go. Definer for the same reason as reservations_of.
create or replace function app.shops_reserved_at_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select l.shop_id from app.reservations r join app.lots l on l.id = r.lot_id
                 where r.account_id = account and account = app.caller();
end $$;
grant execute on function app.shops_reserved_at_by(uuid) to anon, authenticated;
