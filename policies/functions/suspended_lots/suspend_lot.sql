-- Begin to give portions of a discounted lot, as a customer: a reservation that is held until it is paid, without a
-- pass.
-- Called by the API (POST /suspended-lots) as the caller, in the transaction that has claimed the request's key;
-- `begun` is the gift that an earlier try with this key made, and goes on with.
-- Definer, because the stock belongs to the shop and nobody writes gifts. Returns what reserve does.
-- Locks: as reserve (policies/LOCKS.md).
create or replace function app.suspend_lot(
    lot uuid, portions int, if_unclaimed text, begun uuid default null,
    out reservation_id uuid, out payment_id uuid, out amount_cents int, out body text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(app.caller(), 'customer');
    if begun is not null then
        reservation_id := begun;
        select h.payment_id, h.amount_cents, h.body into payment_id, amount_cents, body
        from app.hold_of(app.caller(), begun) h;
        return;
    end if;
    select r.reservation_id, r.payment_id, r.amount_cents, r.body into reservation_id, payment_id, amount_cents, body
    from app.reserve(app.caller(), lot, portions, null, null, null, 'give') r;
    insert into app.suspended_lots (id, if_unclaimed) values (reservation_id, suspend_lot.if_unclaimed);
end $$;
grant execute on function app.suspend_lot(uuid, int, text, uuid) to authenticated;
