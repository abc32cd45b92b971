-- Take what was set aside: in one transaction it goes back to the lot and app.reserve takes it from there, so that
-- quota, food law, price, hold, payment and repeated requests stay in one place. For the API alone, as reserve; it
-- answers what reserve answers.
-- Locks as every act does: quota, lot, and so on; reserve finds them locked by us, and nobody comes in between.
-- What the quota of today no longer lets through goes on to the next.
create or replace function app.take_offer(
    caller uuid, waiting uuid, idempotency_key text, request bytea, pass_code text,
    out status int, out body text, out reservation_id uuid, out payment_id uuid, out amount_cents int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today    date := app.paris_day(app.clock());
    w        app.waiting;
    l        app.lots;
    as_free  boolean;
    taken    int;
    portions int;
begin
    perform app.require_role(caller, 'customer', 'beneficiary');
    select * into w from app.waiting x where x.id = waiting and x.account_id = caller;
    if not found then raise exception 'waiting.not_found' using errcode = 'EP404'; end if;
    perform pg_advisory_xact_lock(hashtextextended(caller::text || idempotency_key, 0));

    portions := w.quantity;
    if not exists (select from app.idempotency_keys i where i.scope = caller and i.key = idempotency_key) then
        as_free := (select x.kind = 'free' from app.lots x where x.id = w.lot_id);
        if as_free then
            insert into app.free_portions as f (account_id, day, taken) values (caller, today, 0)
            on conflict (account_id, day) do nothing;
            select f.taken into taken from app.free_portions f where f.account_id = caller and f.day = today for update;
        end if;
        select * into l from app.lots x where x.id = w.lot_id for update;
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
        update app.lots x set remaining = x.remaining + w.offered where x.id = w.lot_id;
    end if;

    select r.status, r.body, r.reservation_id, r.payment_id, r.amount_cents
    into take_offer.status, take_offer.body, take_offer.reservation_id, take_offer.payment_id, take_offer.amount_cents
    from app.reserve(caller, w.lot_id, portions, idempotency_key, request, pass_code) r;

    update app.waiting x
    set status = 'taken', reservation_id = take_offer.reservation_id, ended_at = app.clock()
    where x.id = waiting and x.status = 'taking';
    if found and portions < w.offered then perform app.hand_on(w.lot_id); end if;
end $$;
grant execute on function app.take_offer(uuid, uuid, text, bytea, text) to ecopanier_api;
