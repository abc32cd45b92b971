-- End the lease of a request's key, because Stripe could not be told of its payment: the same request may be tried
-- again at once, and goes on with the hold, which stays until it lapses.
-- Called by the API. Definer and for the API alone, because it takes the holder's id. Locks: the key's row.
create or replace function app.payment_not_opened(holder uuid, idempotency_key text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.idempotency_keys i set busy_until = app.clock()
    where i.scope = holder and i.key = idempotency_key and i.status is null;
end $$;
grant execute on function app.payment_not_opened(uuid, text) to ecopanier_api;
