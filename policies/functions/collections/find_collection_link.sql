-- Return what a link that asks for collections is for: its id, and its shop's id, name, address and zone. `problem` is
-- collection_link.unknown for a token that is unknown or revoked, or whose shop may not ask: all look the same.
-- Called by the API (GET /v1/collect/{token}) and by collect_by_link.
-- Definer and for the API alone, because no person has signed in. A count must survive a refusal, so refusals return:
-- `locked_until` is the end of a wait after `most_tries` unknown tokens in `window_seconds` from one address.
-- Locks: the counter.
create or replace function app.find_collection_link(
    shown bytea, address_bucket bytea, out problem text, out locked_until timestamptz, out most_tries int,
    out window_seconds int, out link_id uuid, out shop_id uuid, out shop text, out address text, out time_zone text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    counted record;
begin
    if address_bucket is not null then
        most_tries := 20;
        window_seconds := 900;
        -- Looked at only: a token that is known costs nothing.
        select t.resets_at into locked_until from app.throttles t
        where t.bucket = address_bucket and t.hits > most_tries and t.resets_at > app.clock();
        if locked_until is not null then return; end if;
    end if;
    select k.id, s.id, s.name, s.address, s.time_zone into link_id, shop_id, shop, address, time_zone
    from app.collection_links k join app.shops s on s.id = k.shop_id
    where k.token_hash = shown and k.revoked_at is null and s.status = 'verified';
    if link_id is not null then return; end if;
    problem := 'collection_link.unknown';
    if address_bucket is not null then
        select * into counted from app.throttle(address_bucket, most_tries, window_seconds);
        if counted.tries_left < 0 then locked_until := counted.resets; end if;
    end if;
end $$;
grant execute on function app.find_collection_link(bytea, bytea) to ecopanier_api;
