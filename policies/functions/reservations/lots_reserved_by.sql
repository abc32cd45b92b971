-- Return the ids of the lots that the caller ever reserved; nothing for any other account.
-- Called by policies: a holder still sees a lot when it is sold out or over. Left out are lots that became free while
-- the caller's reservation came to nothing, because only beneficiaries see free lots.
-- Definer, because policies of other tables ask it while reservations has policies of its own. It returns ids only.
create or replace function app.lots_reserved_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.lot_id from app.reservations r join app.lots l on l.id = r.lot_id
                 where r.account_id = account and account = app.caller()
                   and (l.converted_at is null
                        or r.purpose = 'collect' and r.status in ('held', 'confirmed', 'picked_up', 'no_show'));
end $$;
grant execute on function app.lots_reserved_by(uuid) to anon, authenticated;
