-- Take the portions that were set aside for a waiting-list entry: in one transaction they go back to the lot and
-- app.reserve takes them from there, so that quota, food law, price, hold and payment stay in one place. Portions that
-- today's quota no longer lets through go on to the next in line.
-- Called by the API (POST /waiting/{waiting_id}/take) as the caller, in the transaction that has claimed the request's
-- key; `begun` is the reservation that an earlier try with this key made, and goes on with.
-- Definer, because the stock belongs to the shop. Returns what reserve does.
-- Locks: quota, lot, waiting entry (policies/LOCKS.md); reserve finds quota and lot locked by this transaction.
create or replace function app.take_offer(
    waiting uuid, pass_code text, begun uuid default null,
    out reservation_id uuid, out payment_id uuid, out amount_cents int, out body text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    caller   uuid := app.caller();
    today    date;
    zone     text;
    w        app.waiting;
    l        app.lots;
    as_free  boolean;
    taken    int;
    portions int;
begin
    perform app.require_role(caller, 'customer', 'beneficiary');
    select * into w from app.waiting x where x.id = waiting and x.account_id = caller;
    if not found then raise exception 'waiting.not_found' using errcode = 'EP404'; end if;
    if begun is not null then
        reservation_id := begun;
        select h.payment_id, h.amount_cents, h.body into payment_id, amount_cents, body from app.hold_of(caller, begun) h;
        return;
    end if;

    -- A customer may still wait for a lot that became free, but is never offered it.
    as_free := (select x.kind = 'free' from app.lots x where x.id = w.lot_id)
        and exists (select from app.beneficiaries b where b.id = caller);
    if as_free then
        select d.day, d.time_zone into today, zone from app.quota_day(caller) d;
        insert into app.free_portions as f (account_id, day, taken, time_zone)
        values (caller, today, 0, zone)
        on conflict (account_id, day) do nothing;
        select f.taken into taken from app.free_portions f where f.account_id = caller and f.day = today for update;
    end if;
    perform from app.lot_stock s where s.lot_id = w.lot_id for update;
    select * into l from app.lots x where x.id = w.lot_id;
    select * into w from app.waiting x where x.id = waiting for update;
    if w.status = 'waiting' then raise exception 'waiting.not_offered' using errcode = 'EP409'; end if;
    if w.status = 'lapsed' or w.status = 'offered' and w.offer_until <= app.clock() then
        raise exception 'waiting.offer_lapsed' using errcode = 'EP409';
    end if;
    if w.status <> 'offered' then raise exception 'waiting.over' using errcode = 'EP409'; end if;
    if (l.kind = 'free') <> as_free then raise exception 'lot.changed' using errcode = 'EP409'; end if;

    portions := case when as_free then least(w.offered, app.daily_quota(caller) - taken) else w.offered end;
    if portions < 1 then raise exception 'quota.daily_reached' using errcode = 'EP409'; end if;
    update app.waiting x set status = 'taking' where x.id = waiting;
    update app.lot_stock s set remaining = s.remaining + w.offered where s.lot_id = w.lot_id;

    select r.reservation_id, r.payment_id, r.amount_cents, r.body into reservation_id, payment_id, amount_cents, body
    from app.reserve(caller, w.lot_id, portions, null, null, pass_code) r;

    update app.waiting x set status = 'taken', reservation_id = take_offer.reservation_id, ended_at = app.clock()
    where x.id = waiting;
    if portions < w.offered then perform app.hand_on(w.lot_id); end if;
end $$;
grant execute on function app.take_offer(uuid, text, uuid) to authenticated;
