-- Reserve portions of a lot: a free one is confirmed at once, a discounted one is held until it is paid.
-- One statement = one transaction = one round trip. Definer and for the API alone, because it takes the caller's id and
-- the stock belongs to the shop: lets exactly this through, once role, quota and lot allow it.
-- Who reserves to give (suspend_lot) gets no pass. Returns the final answer (`status`, `body`; with `payment_id` where
-- the API must unseal how to pay in it) or, for a hold, what Stripe must be told; a refusal undoes everything, the
-- claimed key included, so that the same request may be tried again.
create or replace function app.reserve(
    caller uuid, lot uuid, portions int, idempotency_key text, request bytea, pass_code text,
    purpose text default 'collect',
    out status int, out body text, out reservation_id uuid, out payment_id uuid, out amount_cents int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    today    date := app.paris_day(app.clock());
    standing text;
    kept     app.idempotency_keys;
    wanted   app.lots;
    quota    int;
    held_for timestamptz;
begin
    standing := app.require_role(caller, 'customer', 'beneficiary');

    -- Requests with one key wait for each other here, so the key is written once, with its answer.
    perform pg_advisory_xact_lock(hashtextextended(caller::text || idempotency_key, 0));
    select * into kept from app.idempotency_keys i where i.scope = caller and i.key = idempotency_key;
    if found then
        if kept.fingerprint <> request then
            raise exception 'idempotency.mismatch' using errcode = 'EP422';
        elsif kept.status is not null then
            status := kept.status; body := kept.body; reservation_id := kept.reservation_id;
            select p.id into payment_id from app.payments p where p.reservation_id = kept.reservation_id;
            return;
        elsif kept.busy_until > moment then
            raise exception 'idempotency.in_progress' using errcode = 'EP409';
        end if;
        -- The one who began died between our commit and Stripe's answer: go on where they stopped, unless the hold
        -- ended meanwhile. Then Stripe must not be asked: after a day it would make a payment that nobody gives up.
        select p.reservation_id, p.id, p.amount_cents into reservation_id, payment_id, amount_cents
        from app.payments p join app.reservations r on r.id = p.reservation_id
        where p.reservation_id = kept.reservation_id and r.status = 'held' and r.hold_until > moment;
        if not found then raise exception 'reservation.over' using errcode = 'EP409'; end if;
        update app.idempotency_keys i set busy_until = moment + interval '30 seconds'
        where i.scope = caller and i.key = idempotency_key;
        return;
    end if;

    select * into wanted from app.lots l where l.id = lot;
    if not found or wanted.published_at is null
       or wanted.kind = 'free' and not (standing = 'beneficiary' and app.is_current_beneficiary(caller)) then
        raise exception 'lot.not_found' using errcode = 'EP404';   -- as if it did not exist
    end if;

    if wanted.kind = 'free' then
        quota := app.daily_quota(caller);
        insert into app.free_portions as f (account_id, day, taken)
        select caller, today, portions where portions <= quota
        on conflict (account_id, day) do update set taken = f.taken + excluded.taken
            where f.taken + excluded.taken <= quota;                -- the row stays locked until we end
        if not found then raise exception 'quota.daily_reached' using errcode = 'EP409'; end if;
    else
        held_for := moment + make_interval(mins => app.setting_int('hold_minutes'));
    end if;

    update app.lots l set remaining = l.remaining - portions
    where l.id = lot and l.remaining >= portions and l.status = 'published' and l.pickup_end > moment
      and app.food_refusal(l.date_kind, l.food_date, 'reservation', moment) is null
    returning * into wanted;
    if not found then
        select * into wanted from app.lots l where l.id = lot;
        if wanted.status = 'published' and wanted.pickup_end > moment
           and app.food_refusal(wanted.date_kind, wanted.food_date, 'reservation', moment) is null then
            raise exception 'lot.sold_out' using errcode = 'EP409';
        end if;
        raise exception 'lot.closed' using errcode = 'EP409';
    end if;

    -- Kind and price as they stood when the portions were taken, not as they were first read.
    if (wanted.kind = 'free') <> (held_for is null) then
        raise exception 'lot.changed' using errcode = 'EP409';
    end if;

    reservation_id := app.uuid7();
    insert into app.reservations
        (id, lot_id, account_id, quantity, unit_price_cents, purpose, status, hold_until, quota_day, created_at, confirmed_at)
    values (reservation_id, lot, caller, portions, wanted.price_cents, reserve.purpose,
            case when held_for is null then 'confirmed' else 'held' end, held_for,
            case when held_for is null then today end, moment, case when held_for is null then moment end);
    if reserve.purpose = 'collect' then
        insert into app.passes (reservation_id, code) values (reservation_id, pass_code);
    end if;

    if held_for is not null then
        amount_cents := wanted.price_cents * portions;
        if amount_cents < 50 then  -- the least that Stripe takes in euros
            raise exception 'payment.below_minimum' using errcode = 'EP422';
        end if;
        insert into app.payments (reservation_id, amount_cents, looked_at)
        values (reservation_id, amount_cents, moment) returning id into payment_id;
        insert into app.idempotency_keys (scope, key, fingerprint, reservation_id, busy_until)
        values (caller, idempotency_key, request, reservation_id, moment + interval '30 seconds');
        return;
    end if;

    status := 201;
    body := json_build_object(
        'id', reservation_id, 'lot_id', lot, 'title', wanted.title, 'quantity', portions, 'status', 'confirmed',
        'unit_price_cents', 0, 'total_cents', 0, 'hold_until', null, 'pickup_start', wanted.pickup_start,
        'pickup_end', wanted.pickup_end, 'created_at', moment, 'payment', null)::text;
    insert into app.idempotency_keys (scope, key, fingerprint, reservation_id, status, body, busy_until)
    values (caller, idempotency_key, request, reservation_id, status, body, moment);
end $$;
grant execute on function app.reserve(uuid, uuid, int, text, bytea, text, text) to ecopanier_api;
