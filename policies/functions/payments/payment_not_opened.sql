-- Stripe could not be told: let the same request be tried again at once; the hold stays until it lapses.
create or replace function app.payment_not_opened(holder uuid, idempotency_key text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.idempotency_keys i set busy_until = app.clock()
    where i.scope = holder and i.key = idempotency_key and i.status is null;
end $$;
grant execute on function app.payment_not_opened(uuid, text) to ecopanier_api;
