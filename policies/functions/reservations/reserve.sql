-- Reserve portions of a lot: a free one is confirmed at once, a discounted one is held until it is paid.
-- Called by the API (POST /lots/{lot_id}/reservations) as one statement, which is one transaction and one round trip;
-- and without a key by take_offer and suspend_lot, whose request has claimed its key already.
-- Definer and for the API alone, because it takes the caller's id and the stock belongs to the shop: it lets exactly
-- this through, once role, quota and lot allow it. Portions that are reserved to give (suspend_lot) get no pass.
-- Returns `body`, the reservation as JSON. With a `status` that is the final answer, or the kept one of the first
-- request (sealed by the API when there is a `payment_id`). Without a status the API must tell Stripe of the payment
-- first. A refusal undoes everything, the claimed key included, so that the same request may be tried again.
-- Locks: key, quota, the lot's stock (policies/LOCKS.md).
create or replace function app.reserve(
    caller uuid, lot uuid, portions int, idempotency_key text, request_hash bytea, pass_code text,
    purpose text default 'collect',
    out status int, out body text, out reservation_id uuid, out payment_id uuid, out amount_cents int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    today    date;
    standing text;
    kept     app.idempotency_keys;
    asked    record;
    enough   boolean;
    wanted   app.lots;
    made     app.reservations;
    quota    int;
    held_for timestamptz;
begin
    standing := app.require_role(caller, 'customer', 'beneficiary');

    if idempotency_key is not null then
        kept := app.kept_answer(caller, idempotency_key, request_hash);
        if kept.status is not null then
            status := kept.status; body := kept.body; reservation_id := kept.reservation_id;
            select p.id into payment_id from app.payments p where p.reservation_id = kept.reservation_id;
            return;
        elsif kept.key is not null then
            -- The first request died between our commit and Stripe's answer: go on where it stopped.
            reservation_id := kept.reservation_id;
            select h.payment_id, h.amount_cents, h.body into payment_id, amount_cents, body
            from app.hold_of(caller, kept.reservation_id) h;
            update app.idempotency_keys i set busy_until = moment + interval '30 seconds'
            where i.scope = caller and i.key = idempotency_key;
            return;
        end if;
    end if;

    select l.kind, l.published_at, l.converted_at into asked from app.lots l where l.id = lot;
    if not found or asked.published_at is null
       or asked.kind = 'free' and not (standing = 'beneficiary' and app.is_current_beneficiary(caller)) then
        -- A lot that became free was there for everybody: to others it looks sold out.
        if asked.published_at is not null and asked.converted_at is not null then
            select * into wanted from app.lots l where l.id = lot;
            raise exception '%', app.why_none_left(wanted, moment) using errcode = 'EP409';
        end if;
        raise exception 'lot.not_found' using errcode = 'EP404';   -- as if it did not exist
    end if;

    if asked.kind = 'free' then
        quota := app.daily_quota(caller);
        insert into app.free_portions as f (account_id, day, taken, time_zone)
        select caller, d.day, portions, d.time_zone from app.quota_day(caller) d where portions <= quota
        on conflict (account_id, day) do update set taken = f.taken + excluded.taken, time_zone = excluded.time_zone
            where f.taken + excluded.taken <= quota                 -- the row stays locked until we end
        returning f.day into today;
        if not found then raise exception 'quota.daily_reached' using errcode = 'EP409'; end if;
    else
        held_for := moment + make_interval(mins => app.setting_int('hold_minutes'));
    end if;

    -- Whoever changes the lot holds its row of stock. So once we hold it, the lot is read as it stands.
    update app.lot_stock s set remaining = s.remaining - portions where s.lot_id = lot and s.remaining >= portions;
    enough := found;
    select * into wanted from app.lots l where l.id = lot;
    if not enough or wanted.status <> 'published' or wanted.pickup_end <= moment
       or app.food_refusal(wanted.date_kind, wanted.food_date_ends_at, 'reservation', moment) is not null then
        raise exception '%', app.why_none_left(wanted, moment) using errcode = 'EP409';
    end if;

    -- Kind and price as they stood when the portions were taken, not as they were first read.
    if (wanted.kind = 'free') <> (held_for is null) then
        if wanted.kind = 'free' and not (standing = 'beneficiary' and app.is_current_beneficiary(caller)) then
            raise exception 'lot.sold_out' using errcode = 'EP409';   -- as if it were asked for a moment later
        end if;
        raise exception 'lot.changed' using errcode = 'EP409';
    end if;

    reservation_id := app.uuid7();
    insert into app.reservations
        (id, lot_id, account_id, quantity, unit_price_cents, purpose, status, hold_until, quota_day, created_at, confirmed_at)
    values (reservation_id, lot, caller, portions, wanted.price_cents, reserve.purpose,
            case when held_for is null then 'confirmed' else 'held' end, held_for,
            today, moment, case when held_for is null then moment end)
    returning * into made;
    if reserve.purpose = 'collect' then
        insert into app.passes (reservation_id, code) values (reservation_id, pass_code);
        -- The shop's webhooks are told now, whether it is held or confirmed: as the counter sees it.
        if exists (select from app.webhook_endpoints e where e.shop_id = wanted.shop_id) then
            perform app.tell_webhooks('shop', wanted.shop_id, 'reservation.made.v1',
                                      '/v1/reservations/' || reservation_id, moment);
        end if;
    end if;
    body := app.reservation_json(made, wanted);

    if held_for is null then
        insert into app.reservations_to_tell (reservation_id, at) values (reservation_id, moment);
        status := 201;
    else
        amount_cents := wanted.price_cents * portions;
        if amount_cents < app.least_payment_cents() then
            raise exception 'payment.below_minimum' using errcode = 'EP422';
        end if;
        insert into app.payments (reservation_id, amount_cents, looked_at)
        values (reservation_id, amount_cents, moment) returning id into payment_id;
    end if;
    if idempotency_key is not null then
        insert into app.idempotency_keys (scope, key, fingerprint, reservation_id, status, body, busy_until)
        values (caller, idempotency_key, request_hash, reservation_id, status, case when status is not null then body end,
                case when status is null then moment + interval '30 seconds' else moment end);
    end if;
end $$;
grant execute on function app.reserve(uuid, uuid, int, text, bytea, text, text) to ecopanier_api;
