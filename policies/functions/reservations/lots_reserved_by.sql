-- Return the ids of the free lots that the caller reserved; nothing for any other account.
-- Called by policies: a holder still sees a free lot when it is sold out or over. Discounted lots are read through
-- lot_without_portions instead, because whoever bought portions must not see whether the rest became free. Left out are
-- reservations that came to nothing by their holder.
-- Definer, because policies of other tables ask it while reservations has policies of its own. It returns ids only.
create or replace function app.lots_reserved_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.lot_id from app.reservations r
                 where r.account_id = account and account = app.caller() and r.unit_price_cents = 0
                   and app.came_to_something(r.purpose, r.status, r.ended_because);
end $$;
grant execute on function app.lots_reserved_by(uuid) to anon, authenticated;
