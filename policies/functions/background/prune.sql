-- Forget what has had its time: tokens that ran out, sessions without any, old tries, answers kept for a repeated request
-- (48 h; 24 h are promised), events from Stripe (90 days). Up to so many rows of each kind, so that catching up after a
-- long outage never outlasts a statement; returns how many went, to be called again until that is none. For the worker.
create or replace function app.prune(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone int;
    went int := 0;
begin
    delete from app.refresh_tokens where ctid = any (array(
        select ctid from app.refresh_tokens where expires_at < app.clock() limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- Where somebody signed in at which hour is for nobody to look up later.
    delete from app.sessions where id = any (array(
        select id from app.sessions where ends_at < app.clock() - interval '1 day' limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- A refresh token lives for 30 days, and a session as long as its last one.
    delete from app.sessions where id = any (array(
        select s.id from app.sessions s
        where s.created_at < app.clock() - interval '31 days'
          and not exists (select from app.refresh_tokens t where t.session_id = s.id) limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.one_time_tokens where ctid = any (array(
        select ctid from app.one_time_tokens where expires_at < app.clock() limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.throttles where ctid = any (array(
        select ctid from app.throttles where resets_at < app.clock() limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.idempotency_keys where ctid = any (array(
        select ctid from app.idempotency_keys where created_at < app.clock() - interval '48 hours' limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.stripe_events where ctid = any (array(
        select ctid from app.stripe_events where received_at < app.clock() - interval '90 days' limit most));
    get diagnostics gone = row_count;
    return went + gone;
end $$;
grant execute on function app.prune(int) to ecopanier_worker;
