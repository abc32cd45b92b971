-- Release a claimed key whose work came to nothing, so that the same request may be tried again at once.
-- Called by the API's ordinary routes (`Once`). Definer for the same reason as claim_key. A key with an answer keeps
-- it.
-- Locks: the key's row.
create or replace function app.release_key(claimed_key text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.idempotency_keys i
    where i.scope = coalesce(app.caller(), '00000000-0000-0000-0000-000000000000')
      and i.key = claimed_key and i.status is null and i.reservation_id is null;
end $$;
grant execute on function app.release_key(text) to authenticated;
