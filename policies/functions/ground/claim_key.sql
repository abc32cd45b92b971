-- Claim an Idempotency-Key for the work of this transaction, or get the answer that was given before.
-- Definer, because nobody reads the answers of others: lets a caller see only what was kept under their own account
-- (nil for what happens before sign-in, where the fingerprint holds the whole request).
-- Of two at once, the second waits here for the first to commit or to undo.
-- With a lease the claim may be committed before the work is done: whoever comes meanwhile is told so, and once the lease
-- has run out, because whoever worked has died, the next one begins anew.
create or replace function app.claim_key(
    wanted_key text, request bytea, lease_seconds int default 0, out kept_status int, out kept_body text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner uuid := coalesce(app.caller(), '00000000-0000-0000-0000-000000000000');
    kept  app.idempotency_keys;
begin
    insert into app.idempotency_keys (scope, key, fingerprint, busy_until)
    values (owner, wanted_key, request, app.clock() + make_interval(secs => lease_seconds))
    on conflict (scope, key) do nothing;
    if found then return; end if;

    select * into kept from app.idempotency_keys i where i.scope = owner and i.key = wanted_key;
    if kept.fingerprint <> request then
        raise exception 'idempotency.mismatch' using errcode = 'EP422';
    end if;
    if kept.status is null and lease_seconds > 0 and kept.reservation_id is null then
        update app.idempotency_keys i set busy_until = app.clock() + make_interval(secs => lease_seconds)
        where i.scope = owner and i.key = wanted_key and i.status is null and i.busy_until <= app.clock();
        if found then return; end if;
    end if;
    if kept.status is null then
        raise exception 'idempotency.in_progress' using errcode = 'EP409';
    end if;
    kept_status := kept.status;
    kept_body := kept.body;
end $$;
grant execute on function app.claim_key(text, bytea, int) to authenticated, ecopanier_api;
