-- Begin the lease of a claimed key anew, while its work goes on, and remember the reservation that the work has made,
-- so that whoever takes over goes on with it.
-- Called by the API's ordinary routes (`Once`). Definer for the same reason as claim_key. Locks: the key's row.
create or replace function app.hold_key(claimed_key text, lease_seconds int, made_reservation uuid default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.idempotency_keys i
    set busy_until = app.clock() + make_interval(secs => lease_seconds),
        reservation_id = coalesce(i.reservation_id, made_reservation)
    where i.scope = coalesce(app.caller(), '00000000-0000-0000-0000-000000000000')
      and i.key = claimed_key and i.status is null;
end $$;
grant execute on function app.hold_key(text, int, uuid) to authenticated;
