-- The lots that an account ever reserved, for policies: a holder still sees what they hold when it is sold out or over.
-- Not those that became free while what they had reserved came to nothing: free lots are for beneficiaries to see.
-- Definer, ids only, and only one's own.
create or replace function app.lots_reserved_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.lot_id from app.reservations r join app.lots l on l.id = r.lot_id
                 where r.account_id = account and account = app.caller()
                   and (l.converted_at is null
                        or r.purpose = 'collect' and r.status in ('held', 'confirmed', 'picked_up', 'no_show'));
end $$;
grant execute on function app.lots_reserved_by(uuid) to anon, authenticated;
