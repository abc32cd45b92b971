-- Whoever claimed a key with a lease is still working: the lease begins anew. Definer for the same reason as claim_key.
create or replace function app.hold_key(claimed_key text, lease_seconds int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.idempotency_keys i set busy_until = app.clock() + make_interval(secs => lease_seconds)
    where i.scope = coalesce(app.caller(), '00000000-0000-0000-0000-000000000000')
      and i.key = claimed_key and i.status is null and i.reservation_id is null;
end $$;
grant execute on function app.hold_key(text, int) to authenticated;
