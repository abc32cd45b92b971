-- Forget what has had its time, as retention_periods says. Up to so many rows of each kind, so that catching up after a long
-- outage never outlasts a statement; returns how many went, to be called again until that is none. For the worker.
create or replace function app.prune(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    gone   int;
    went   int := 0;
begin
    delete from app.refresh_tokens where ctid = any (array(
        select ctid from app.refresh_tokens where expires_at < moment - app.kept_for('refresh_tokens') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- Where somebody signed in at which hour is for nobody to look up later.
    delete from app.sessions where id = any (array(
        select id from app.sessions where ends_at < moment - app.kept_for('kiosk_sessions') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- A refresh token lives for 30 days, and a session as long as its last one.
    delete from app.sessions where id = any (array(
        select s.id from app.sessions s
        where s.created_at < moment - app.kept_for('sessions')
          and not exists (select from app.refresh_tokens t where t.session_id = s.id) limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.one_time_tokens where ctid = any (array(
        select ctid from app.one_time_tokens where expires_at < moment - app.kept_for('one_time_tokens') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.throttles where ctid = any (array(
        select ctid from app.throttles where resets_at < moment - app.kept_for('throttles') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.idempotency_keys where ctid = any (array(
        select ctid from app.idempotency_keys where created_at < moment - app.kept_for('idempotency_keys') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.stripe_events where ctid = any (array(
        select ctid from app.stripe_events where received_at < moment - app.kept_for('stripe_events') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.audit_entries where ctid = any (array(
        select ctid from app.audit_entries where at < moment - app.kept_for('audit_entries') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.listing_drafts where id = any (array(
        select id from app.listing_drafts where drafted_at < moment - app.kept_for('listing_drafts') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.model_calls where ctid = any (array(
        select ctid from app.model_calls where day < app.paris_day(moment - app.kept_for('model_calls')) limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.free_portions where ctid = any (array(
        select ctid from app.free_portions where day < app.paris_day(moment - app.kept_for('free_portions')) limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- A pass is made with its reservation, whose id tells the time.
    delete from app.passes where reservation_id = any (array(
        select p.reservation_id from app.passes p join app.reservations r on r.id = p.reservation_id
        where p.reservation_id < app.first_id_at(moment - app.kept_for('passes'))
          and r.ended_at < moment - app.kept_for('passes') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.waiting where id = any (array(
        select id from app.waiting
        where id < app.first_id_at(moment - app.kept_for('waiting')) and ended_at < moment - app.kept_for('waiting')
        limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.draws where id = any (array(
        select id from app.draws
        where id < app.first_id_at(moment - app.kept_for('draws')) and drawn_at < moment - app.kept_for('draws')
        limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.imports where id = any (array(
        select id from app.imports where id < app.first_id_at(moment - app.kept_for('imports')) limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.transfers where id = any (array(
        select id from app.transfers
        where id < app.first_id_at(moment - app.kept_for('transfers')) and ended_at < moment - app.kept_for('transfers')
        limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from app.right_reminders where ctid = any (array(
        select ctid from app.right_reminders
        where right_ends < app.paris_day(moment - app.kept_for('right_reminders')) limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- Its document goes first: `remove_orphans` of associations finds it by the row.
    update app.agreements set status = 'going' where id = any (array(
        select id from app.agreements
        where status in ('ended', 'declined') and coalesce(ended_at, decided_at) < moment - app.kept_for('agreements')
        limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    delete from vault.erased_accounts where ctid = any (array(
        select ctid from vault.erased_accounts
        where erased_at < moment - app.kept_for('erased_accounts') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- Books are kept for so long from the end of their year.
    delete from accounting.payments where payment_id = any (array(
        select b.payment_id from accounting.payments b
        where b.paid_at < date_trunc('year', moment at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                          - app.kept_for('accounting_payments') limit most));
    get diagnostics gone = row_count;
    went := went + gone;
    -- And so is whose sale they were: of somebody who trades alone that number is their own.
    delete from accounting.erased_shops where shop_id = any (array(
        select s.shop_id from accounting.erased_shops s
        where s.erased_at < date_trunc('year', moment at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                            - app.kept_for('accounting_payments') limit most));
    get diagnostics gone = row_count;
    return went + gone;
end $$;
grant execute on function app.prune(int) to ecopanier_worker;
