-- Return what the portions of a gift cost its donor that were collected or kept for somebody who did not come, in cents,
-- without what was given back for them.
-- Called by settle_suspended, settle_payment and give_back_to_donors. Only the owner may execute it.
create or replace function app.worth_of_gift(gift uuid) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select coalesce(sum((p.collected + p.kept) * r.unit_price_cents - p.given_back_cents), 0)
            from app.suspended_portions p join app.reservations r on r.id = p.reservation_id
            where p.suspended_lot_id = gift);
end $$;
