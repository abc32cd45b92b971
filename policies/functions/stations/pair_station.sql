-- Pair a device with a station by a pairing code: store the hash of the device's token, once.
-- Called by the API (POST /v1/stations/pair).
-- Definer and for the API alone, because no person has signed in. A count must survive a refusal, so refusals return:
-- `problem` is the problem's code, and `locked_until` the end of a wait after `most_tries` wrong codes in
-- `window_seconds` from one address. A code that is unknown, used or over, and one whose owner was removed or suspended
-- meanwhile, cannot be told apart. What cannot be a code (`shown` is null) is no guess.
-- Locks: the counter, then the station: of two devices with one code, the second finds it used.
create or replace function app.pair_station(
    shown bytea, new_token_hash bytea, address_bucket bytea,
    out problem text, out locked_until timestamptz, out most_tries int, out window_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    counted record;
    paired  app.stations;
begin
    problem := 'station.wrong_code';
    if shown is null then return; end if;
    if address_bucket is not null then
        most_tries := 20;
        window_seconds := 900;
        select * into counted from app.throttle(address_bucket, most_tries, window_seconds);
        if counted.tries_left < 0 then
            locked_until := counted.resets;
            return;
        end if;
    end if;
    update app.stations t
    set code_hash = null, code_ends_at = null, token_hash = new_token_hash, paired_at = moment
    where t.code_hash = shown and t.code_ends_at > moment
      and exists (select from app.members m join app.accounts a on a.id = m.account_id
                  where m.shop_id = t.shop_id and m.account_id = t.created_by and m.role = 'owner' and a.status = 'active')
    returning * into paired;
    if not found then return; end if;
    -- Take back the count of this try, because only wrong codes count.
    update app.throttles t set hits = t.hits - 1 where t.bucket = address_bucket and t.hits > 0;
    perform app.note('station.paired', 'shop', paired.shop_id, jsonb_build_object('station', paired.id));
    problem := null;
end $$;
grant execute on function app.pair_station(bytea, bytea, bytea) to ecopanier_api;
