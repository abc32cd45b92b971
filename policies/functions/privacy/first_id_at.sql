-- Return the least id that something made at this moment can have (RFC 9562, 5.7: the first 48 bits are its
-- milliseconds).
-- Called by prune, forget_reservations and reserved_since, which find old rows by their ids.
create or replace function app.first_id_at(moment timestamptz) returns uuid
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select encode(overlay(decode(repeat('00', 16), 'hex')
        placing substring(int8send((extract(epoch from moment) * 1000)::bigint) from 3) from 1 for 6), 'hex')::uuid
$$;
