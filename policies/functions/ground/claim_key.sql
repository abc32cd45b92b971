-- Claim an Idempotency-Key for the work of this transaction, or get the answer that was given before.
-- Definer, because nobody reads the answers of others: lets a caller see only what was kept under their own account
-- (nil for what happens before sign-in, where the fingerprint holds the whole request).
-- Of two at once, the second waits here for the first to commit or to undo.
create or replace function app.claim_key(wanted_key text, request bytea, out kept_status int, out kept_body text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner uuid := coalesce(app.caller(), '00000000-0000-0000-0000-000000000000');
    kept  app.idempotency_keys;
begin
    insert into app.idempotency_keys (scope, key, fingerprint, busy_until)
    values (owner, wanted_key, request, app.clock())
    on conflict (scope, key) do nothing;
    if found then return; end if;

    select * into kept from app.idempotency_keys i where i.scope = owner and i.key = wanted_key;
    if kept.fingerprint <> request then
        raise exception 'idempotency.mismatch' using errcode = 'EP422';
    end if;
    if kept.status is null then
        raise exception 'idempotency.in_progress' using errcode = 'EP409';
    end if;
    kept_status := kept.status;
    kept_body := kept.body;
end $$;
grant execute on function app.claim_key(text, bytea) to authenticated, ecopanier_api;
