-- Forget what has had its time: spent tokens, old tries, answers kept for a repeated request (48 h; 24 h are promised).
create or replace function app.prune() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.refresh_tokens where expires_at < app.clock();
    delete from app.one_time_tokens where expires_at < app.clock();
    delete from app.throttles where resets_at < app.clock();
    delete from app.idempotency_keys where created_at < app.clock() - interval '48 hours';
    delete from app.stripe_events where received_at < app.clock() - interval '90 days';
end $$;
grant execute on function app.prune() to ecopanier_worker;
