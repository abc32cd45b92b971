-- Claim an Idempotency-Key for the work of this transaction, or return the answer that was given before.
-- Called by the API's ordinary routes (`Once`), as the caller, for an API client (acting_client), or before sign-in as
-- the login itself; then the key belongs to nobody (the nil UUID), and the request's hash tells requests apart.
-- Definer, because nobody may read kept answers: it returns only what was kept under the caller's own account. With a
-- lease the claim may be committed before the work is done. Until the lease ends, the same request is told that the
-- first one is in progress; after that the process that worked has died, and the next request takes over. `begun` is
-- then the reservation that the dead one had made, if it was about one.
-- Locks: the key (policies/LOCKS.md).
create or replace function app.claim_key(
    wanted_key text, request_hash bytea, lease_seconds int default 0,
    out kept_status int, out kept_body text, out begun uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner uuid := coalesce(app.caller(), app.acting_client(), '00000000-0000-0000-0000-000000000000');
    lease timestamptz := app.clock() + make_interval(secs => lease_seconds);
    kept  app.idempotency_keys;
begin
    kept := app.kept_answer(owner, wanted_key, request_hash);
    if kept.key is null then
        insert into app.idempotency_keys (scope, key, fingerprint, busy_until)
        values (owner, wanted_key, request_hash, lease);
    elsif kept.status is null then
        begun := kept.reservation_id;
        update app.idempotency_keys i set busy_until = lease where i.scope = owner and i.key = wanted_key;
    else
        kept_status := kept.status;
        kept_body := kept.body;
    end if;
end $$;
grant execute on function app.claim_key(text, bytea, int) to authenticated, ecopanier_api;
