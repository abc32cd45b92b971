-- Keep the answer to a request whose key this transaction has claimed: work and answer commit together.
-- Called by the API's ordinary routes (`Once`). Definer for the same reason as claim_key. It fills in an empty answer
-- only, so no answer can be replaced. Locks: the key's row.
create or replace function app.keep_answer(claimed_key text, answer_status int, answer text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.idempotency_keys i set status = answer_status, body = answer
    where i.scope = coalesce(app.caller(), app.acting_client(), '00000000-0000-0000-0000-000000000000')
      and i.key = claimed_key and i.status is null;
end $$;
grant execute on function app.keep_answer(text, int, text) to authenticated, ecopanier_api;
