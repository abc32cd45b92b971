-- Open the short session of a person who shows a card at a kiosk.
-- Called by the API (POST /v1/auth/card).
-- Definer and for the API alone, because nobody has signed in yet. A count must survive a refusal, so refusals return:
-- `problem` is the problem's code, `locked_until` the end of a wait, and `most_tries` in `window_seconds` the limit
-- that was counted. A device that is not registered is refused before its card is looked at, and counts against its
-- network address alone, so that nobody can lock a kiosk out from a network that they share. At a kiosk only wrong
-- cards count; what cannot be a card of ours (`shown` is null) is no guess. A kiosk takes
-- the cards of its association's own people. An unknown card, a revoked one and one of another association cannot be
-- told apart: one look-up by hash, one answer.
-- The first sign-in with a new card is told to its holder if they have a confirmed address, because they may not know
-- of the card.
-- Locks: the kiosk, the counter, the card, then sessions (policies/LOCKS.md). Whoever revokes kiosk or card
-- waits for us and then finds our session.
create or replace function app.sign_in_with_card(
    device bytea, shown bytea, first_token_hash bytea, device_bucket bytea, address_bucket bytea,
    out problem text, out locked_until timestamptz, out account_id uuid, out session_id uuid, out seconds int,
    out most_tries int, out window_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    counted record;
    kiosk   app.kiosks;
    card    app.cards;
    today   date;
    until   timestamptz := moment + interval '3 minutes';
begin
    select * into kiosk from app.kiosks k where k.device_hash = device for no key update;
    if not found or not app.kiosk_works(kiosk) then
        if address_bucket is not null then
            most_tries := 50;
            window_seconds := 900;
            select * into counted from app.throttle(address_bucket, most_tries, window_seconds);
            if counted.tries_left < 0 then locked_until := counted.resets; end if;
        end if;
        problem := 'kiosk.unknown';
        return;
    end if;

    most_tries := 30;
    window_seconds := 600;
    if shown is null then
        problem := 'auth.wrong_card';
        return;
    end if;
    select * into counted from app.throttle(device_bucket, most_tries, window_seconds);
    if counted.tries_left < 0 then
        problem := 'auth.wrong_card';
        locked_until := counted.resets;
        return;
    end if;
    select c.* into card from app.cards c join app.beneficiaries b on b.id = c.beneficiary_id
    where c.secret_hash = shown and c.status = 'active' and b.association_id = kiosk.association_id
    for no key update of c;
    if not found then
        problem := 'auth.wrong_card';
        return;
    end if;

    perform app.require_role(card.beneficiary_id, 'beneficiary');
    -- One person at a time: whoever left without signing out is signed out now.
    update app.sessions s set ended_at = moment, ended_because = 'next_person'
    where s.kiosk_id = kiosk.id and s.ended_at is null;
    insert into app.sessions (account_id, created_at, kiosk_id, card_id, ends_at)
    values (card.beneficiary_id, moment, kiosk.id, card.id, until) returning id into session_id;
    insert into app.refresh_tokens (token_hash, session_id, issued_at, expires_at)
    values (first_token_hash, session_id, moment, until);
    -- Take back the count of this try, because only wrong cards count.
    update app.throttles t set hits = t.hits - 1 where t.bucket = device_bucket and t.hits > 0;
    today := app.local_day(moment, (select a.time_zone from app.associations a where a.id = kiosk.association_id));
    update app.kiosks k set last_used_on = today where k.id = kiosk.id and k.last_used_on is distinct from today;
    if not card.used then
        update app.cards c set used = true where c.id = card.id;
        if exists (select from app.sealed_addresses s
                   where s.account_id = card.beneficiary_id and s.verified_at is not null) then
            perform app.notify(card.beneficiary_id, 'new_card', '{}');
        end if;
    end if;
    account_id := card.beneficiary_id;
    seconds := extract(epoch from until - moment);
end $$;
grant execute on function app.sign_in_with_card(bytea, bytea, bytea, bytea, bytea) to ecopanier_api;
