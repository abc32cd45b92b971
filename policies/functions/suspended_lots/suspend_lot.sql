-- A customer begins to give portions of a discounted lot: a reservation like any other, held until it is paid, that
-- nobody gets a pass for. Definer and for the API alone, as reserve, whose answer this is.
create or replace function app.suspend_lot(
    caller uuid, lot uuid, portions int, if_unclaimed text, idempotency_key text, request bytea,
    out status int, out body text, out reservation_id uuid, out payment_id uuid, out amount_cents int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(caller, 'customer');
    select r.status, r.body, r.reservation_id, r.payment_id, r.amount_cents
    into status, body, reservation_id, payment_id, amount_cents
    from app.reserve(caller, lot, portions, idempotency_key, request, null, 'give') r;
    insert into app.suspended_lots (id, if_unclaimed) values (reservation_id, suspend_lot.if_unclaimed)
    on conflict (id) do nothing;  -- a request sent again
end $$;
grant execute on function app.suspend_lot(uuid, uuid, int, text, text, bytea) to ecopanier_api;
