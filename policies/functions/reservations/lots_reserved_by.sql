-- Return the ids of the lots that the caller reserved; nothing for any other account.
-- Called by policies: a holder still sees a lot when it is sold out or over.
-- Left out are lots that became free after the caller's reservation: their rows tell kind, price and what is left, and
-- only beneficiaries may know these of free lots. lot_as_reserved shows such a lot as it was. Left out as well, of every
-- lot alike, are gifts and reservations that came to nothing by their holder, so that a missing lot tells nothing either.
-- Definer, because policies of other tables ask it while reservations has policies of its own. It returns ids only.
create or replace function app.lots_reserved_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.lot_id from app.reservations r join app.lots l on l.id = r.lot_id
                 where r.account_id = account and account = app.caller()
                   and (l.converted_at is null or r.unit_price_cents = 0)
                   and app.came_to_something(r.purpose, r.status, r.ended_because);
end $$;
grant execute on function app.lots_reserved_by(uuid) to anon, authenticated;
