-- Look up an Idempotency-Key before the work of a request begins, and return its row: without a key when this request
-- is the first, with a status when it has been answered, with neither when an earlier try died before it could answer.
-- Raises idempotency.mismatch when the key belongs to another request, idempotency.in_progress while the first request
-- with it is still working outside of a transaction.
-- Called by reserve, pick_up and claim_key, which write the row. Locks the key until the transaction ends and before
-- any row (policies/LOCKS.md): of two equal requests the second waits here for the first, so each writes the row
-- without a conflict.
create or replace function app.kept_answer(owner uuid, wanted_key text, request_hash bytea) returns app.idempotency_keys
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kept app.idempotency_keys;
begin
    perform pg_advisory_xact_lock(hashtextextended(owner::text || wanted_key, 0));
    select * into kept from app.idempotency_keys i where i.scope = owner and i.key = wanted_key;
    if kept.fingerprint <> request_hash then
        raise exception 'idempotency.mismatch' using errcode = 'EP422';
    end if;
    if kept.status is null and kept.busy_until > app.clock() then
        raise exception 'idempotency.in_progress' using errcode = 'EP409';
    end if;
    return kept;
end $$;
