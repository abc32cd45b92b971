-- Hand over the portions of a pass, in one statement, with the same work and the same answer for every kind of lot.
-- Called by the API (POST /v1/pickups), which has compared the PIN with that of the code and passes the result.
-- Definer and for the API alone, because it takes the caller's id, or the hash of a station's token: it lets owners and
-- staff hand over reservations of their verified shops, and stations those of their own shop. For who answers for the
-- shop no member is looked up. What must survive a refusal (a wrong PIN or an unknown pass counts) returns instead of raising;
-- `problem` is then the problem's code. A guess is an unknown code that was typed, which counts for the caller, or a wrong
-- PIN, which counts for the pass and its shop. `pass_code` is empty for what cannot be a pass, and `proven` is true for a
-- QR that the server made: neither is a guess at a code. Beyond its limit the caller's unknown codes, and the shop's passes
-- that had a wrong PIN, have to wait; `most_guesses` and `window_seconds` say the limit. All others are still served.
-- The pass's lock makes parallel guesses wait for each other, so a sixth guess never learns whether it was right. With
-- an Idempotency-Key a request sent again hands over, or counts, once.
-- A station that had no network says when a pass was shown (`shown_at`, up to 12 h back). The window and the food's date
-- are then judged by that moment, also once the reservation counts as not collected; a pass is used once all the same.
-- Locks: key, pass, then the counter of guesses, or the reservation (policies/LOCKS.md).
create or replace function app.pick_up(
    caller uuid, pass_code text, pin_matches boolean, idempotency_key text default null, request_hash bytea default null,
    proven boolean default false, station bytea default null, shown_at timestamptz default null,
    out problem text, out tries_left int, out body text, out most_guesses int, out window_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    judged  timestamptz := coalesce(shown_at, app.clock());
    at_shop uuid;            -- the station's shop, if a station asks
    device  uuid;
    acting  uuid := caller;  -- the account or the station
    counter bytea;
    guesses constant int := 30;  -- unknown codes of a caller, or wrong PINs of a shop, in so many seconds
    seconds constant int := 600;
    kept    app.idempotency_keys;
    verified boolean;
    counted record;
    tried   int;
    held    uuid;
    r       app.reservations;
    l       app.lots;
begin
    if station is not null then
        select t.id, t.shop_id, s.status = 'verified' into device, at_shop, verified
        from app.stations t join app.shops s on s.id = t.shop_id where t.token_hash = station;
        if not found then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
        if not verified then raise exception 'station.paused' using errcode = 'EP403'; end if;
        acting := device;
        if shown_at > moment or shown_at < moment - interval '12 hours' then
            raise exception 'pickup.time_refused' using errcode = 'EP422';
        end if;
    elsif shown_at is not null then
        raise exception 'pickup.time_refused' using errcode = 'EP422';
    elsif app.require_role(caller, 'merchant', 'customer', 'beneficiary', 'collector', 'association', 'admin') <> 'merchant'
       and not exists (select from app.members m
                       where m.account_id = caller and m.shop_id is not null and m.role in ('owner', 'staff')) then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if idempotency_key is not null then
        kept := app.kept_answer(acting, idempotency_key, request_hash);
        if kept.status = 200 then
            body := kept.body;
            return;
        elsif kept.status is not null then
            problem := 'pass.wrong_pin';
            tries_left := kept.body::int;
            return;
        end if;
    end if;

    -- A subquery, so that the plan goes from the pass to the shop however few rows there are. A join may be planned
    -- from the shop through all its lots. A handover would then take longer the later its lot is found, and free lots
    -- of given portions come later than the discounted ones.
    select p.wrong_tries, p.reservation_id into tried, held
    from app.passes p
    where p.code = pass_code and (
        select s.status = 'verified' and (s.id = at_shop or s.owner_id = caller or exists (
            select from app.members m
            where m.shop_id = s.id and m.account_id = caller and m.role in ('owner', 'staff')))
        from app.reservations x join app.lots y on y.id = x.lot_id join app.shops s on s.id = y.shop_id
        where x.id = p.reservation_id)
    for update of p;
    if not found then
        problem := 'pass.unknown';
        if not proven and pass_code <> '' then
            counter := sha256(convert_to('pickup-codes' || acting::text, 'UTF8'));
            select * into counted from app.throttle(counter, guesses, seconds);
            if counted.tries_left < 0 then
                problem := 'rate.limited';
                most_guesses := guesses;
                window_seconds := seconds;
            end if;
        end if;
        return;
    end if;
    if tried >= 5 then
        problem := 'pass.locked';
        return;
    end if;
    if tried > 0 or not pin_matches then
        select sha256(convert_to('pickup-pins' || y.shop_id::text, 'UTF8')) into counter
        from app.reservations x join app.lots y on y.id = x.lot_id where x.id = held;
        -- A first PIN is always compared: passes are not held up by others, and trying many of them gains one try each.
        if tried > 0 and exists (
            select from app.throttles t where t.bucket = counter and t.hits >= guesses and t.resets_at > moment) then
            problem := 'rate.limited';
            most_guesses := guesses;
            window_seconds := seconds;
            return;
        end if;
    end if;

    if not pin_matches then
        update app.passes p set wrong_tries = p.wrong_tries + 1 where p.code = pass_code;
        perform app.throttle(counter, guesses, seconds);
        problem := 'pass.wrong_pin';
        tries_left := 4 - tried;
    else
        select x.* into r from app.reservations x where x.id = held for update;
        select y.* into l from app.lots y where y.id = r.lot_id;
        if r.status = 'picked_up' then
            problem := 'pass.already_used';
        elsif l.status = 'recalled'
              and (r.status = 'confirmed' or r.ended_because = 'recalled' or r.status = 'no_show' and shown_at is not null) then
            problem := 'lot.recalled';
        elsif r.status = 'no_show' and shown_at is null then
            problem := 'pass.outside_window';
        elsif r.status not in ('confirmed', 'no_show') then
            problem := 'pass.unknown';
        elsif judged < l.pickup_start or judged >= l.pickup_end then
            problem := 'pass.outside_window';
        else
            problem := app.food_refusal(l.date_kind, l.food_date_ends_at, 'handover', judged);
        end if;
        if problem is not null then return; end if;

        update app.reservations x
        set status = 'picked_up', ended_at = moment, ended_because = null, handed_over_by = caller, station_id = device,
            shown_at = pick_up.shown_at
        where x.id = r.id;
        perform app.record_impact(r, l);
        if exists (select from app.webhook_endpoints e where e.shop_id = l.shop_id) then
            perform app.tell_webhooks('shop', l.shop_id, 'reservation.picked_up.v1', '/v1/reservations/' || r.id, moment);
        end if;
        body := json_build_object(
            'reservation_id', r.id, 'title', l.title, 'quantity', r.quantity, 'picked_up_at', moment)::text;
    end if;

    if idempotency_key is not null then
        insert into app.idempotency_keys (scope, key, fingerprint, reservation_id, status, body, busy_until)
        values (acting, idempotency_key, request_hash, r.id, case when problem is null then 200 else 403 end,
                coalesce(body, tries_left::text), moment);
    end if;
end $$;
grant execute on function app.pick_up(uuid, text, boolean, text, bytea, boolean, bytea, timestamptz) to ecopanier_api;
