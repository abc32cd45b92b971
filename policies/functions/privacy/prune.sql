-- Delete rows whose retention period is over, up to `most` of each kind; return how many, to be called again until
-- that is 0.
-- Called by the worker's hourly job prune. The bound keeps each call short, even when it catches up after a long
-- outage.
-- Definer, because it deletes everybody's rows; only the worker may execute it.
create or replace function app.prune(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    kind   record;
    gone   int;
    went   int := 0;
begin
    -- Table, retention period, and which rows; $1 is the moment before which their time was over. Ids tell the time too,
    -- and have an index where the time itself has none.
    for kind in select k.* from (values
        ('app.refresh_tokens', 'refresh_tokens', 'expires_at < $1'),
        ('app.page_sessions', 'page_sessions', 'ends_at < $1'),
        -- A kiosk's session tells where a person was, and when: nobody needs that later.
        ('app.sessions', 'kiosk_sessions', 'ends_at < $1'),
        -- A refresh token lives for 30 days, and a session as long as its last token.
        ('app.sessions', 'sessions',
            'created_at < $1 and not exists (select from app.refresh_tokens r where r.session_id = t.id)'),
        ('app.one_time_tokens', 'one_time_tokens', 'expires_at < $1'),
        ('app.second_factors', 'second_factors', 'begun_at < $1 and activated_at is null'),
        ('app.members', 'invitations', 'ends_at < $1 and account_id is null'),
        ('app.stations', 'pairings', 'code_ends_at < $1'),
        ('app.stations', 'stations', 'revoked_at < $1'),
        ('app.confirmations', 'confirmations', 'ends_at < $1'),
        ('app.email_changes', 'email_changes', 'ends_at < $1'),
        ('app.devices', 'devices', 'last_used_on < app.paris_day($1)'),
        ('app.throttles', 'throttles', 'resets_at < $1'),
        ('app.idempotency_keys', 'idempotency_keys', 'created_at < $1'),
        ('app.stripe_events', 'stripe_events', 'received_at < $1'),
        ('app.audit_entries', 'audit_entries', 'at < $1'),
        ('app.listing_drafts', 'listing_drafts', 'drafted_at < $1'),
        ('app.model_calls', 'model_calls', 'day < app.paris_day($1)'),
        ('app.free_portions', 'free_portions', 'day < app.paris_day($1)'),
        -- A pass is as old as its reservation.
        ('app.passes', 'passes', 'reservation_id < app.first_id_at($1) and exists (
            select from app.reservations r where r.id = t.reservation_id and r.ended_at < $1)'),
        ('app.undelivered_mails', 'undelivered_mails', 'last_at < $1'),
        ('app.notices', 'notices', 'id < app.first_id_at($1)'),
        -- The others go with their notices.
        ('app.notice_deliveries', 'notices', 'id < app.first_id_at($1) and notice_id is null'),
        ('app.webhook_deliveries', 'webhook_deliveries', 'id < app.first_id_at($1)'),
        ('app.reservations_to_tell', 'reservations_to_tell', 'at < $1'),
        ('app.lots_to_announce', 'lots_to_announce', 'at < $1'),
        ('app.reminded_lots', 'reminded_lots', 'reminded_at < $1'),
        ('app.problem_reports', 'problem_reports', 'reported_at < $1'),
        ('app.waiting', 'waiting', 'id < app.first_id_at($1) and ended_at < $1'),
        ('app.draws', 'draws', 'id < app.first_id_at($1) and drawn_at < $1'),
        ('app.subscriptions', 'subscriptions',
            $q$ coalesce(ended_at, page_begun_at, looked_at) < $1 and (subscription is null or ended_at is not null)
                and not to_end $q$),
        ('app.imports', 'imports', 'id < app.first_id_at($1)'),
        ('app.api_client_secrets', 'api_client_secrets', 'least(revoked_at, expires_at) < $1'),
        ('app.partner_batches', 'partner_batches', 'id < app.first_id_at($1) and ended_at < $1'),
        ('key_vault.partner_enrolments', 'partner_elsewhere', 'beneficiary_id is null and seen_at < $1'),
        ('app.point_reports', 'point_reports', 'id < app.first_id_at($1)'),
        ('app.tour_plans', 'tour_plans', 'id < app.first_id_at($1)'),
        ('app.neighbour_dismissals', 'neighbour_dismissals', 'at < $1'),
        ('app.refused_invitations', 'refused_invitations', 'at < $1'),
        ('app.tours', 'tours', 'day < app.paris_day($1)'),
        ('app.collections', 'collections', $q$ id < app.first_id_at($1)
            and not exists (select from app.stop_tasks k where k.collection_id = t.id)
            and not exists (select from app.collections r where r.remainder_of = t.id) $q$),
        ('accounting.ledger_checks', 'ledger_checks', 'checked_at < $1'),
        ('app.transfers', 'transfers', 'id < app.first_id_at($1) and ended_at < $1'),
        ('app.right_reminders', 'right_reminders', 'right_ends < app.paris_day($1)'),
        ('key_vault.erased_accounts', 'erased_accounts', 'erased_at < $1'),
        -- Books are kept from the end of their year on. So is the SIRET of the seller, which is personal data of somebody
        -- who trades alone.
        ('accounting.corrections', 'accounting_payments',
            $q$ noted_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris' $q$),
        ('accounting.stripe_balance_transactions', 'accounting_payments',
            $q$ created_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris' $q$),
        -- A payment that was corrected in a later year is kept as long as its correction.
        ('accounting.payments', 'accounting_payments',
            $q$ paid_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                and not exists (select from accounting.corrections c where c.payment_id = t.payment_id) $q$),
        ('accounting.transfer_lots', 'payouts', $q$ exists (
            select from accounting.transfers x where x.id = t.transfer_id
            and x.created_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris') $q$),
        ('accounting.payout_transfers', 'payouts', $q$ exists (
            select from accounting.transfers x where x.id = t.transfer_id
            and x.created_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris') $q$),
        ('accounting.reversals', 'payouts', $q$ exists (
            select from accounting.transfers x where x.id = t.transfer_id
            and x.created_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris') $q$),
        ('accounting.payouts', 'payouts',
            $q$ made_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                and not exists (select from accounting.payout_transfers x where x.payout_id = t.id) $q$),
        ('accounting.transfers', 'payouts',
            $q$ created_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                and not exists (select from accounting.payout_transfers x where x.transfer_id = t.id)
                and not exists (select from accounting.transfer_lots x where x.transfer_id = t.id)
                and not exists (select from accounting.reversals x where x.transfer_id = t.id) $q$),
        ('accounting.closed_lot_corrections', 'accounting_payments',
            $q$ at < $1 and exists (select from accounting.postings p where p.id = t.posting_id and p.event_at
                < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris') $q$),
        ('accounting.closed_lots', 'accounting_payments',
            $q$ closed_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                and not exists (select from accounting.closed_lot_corrections c where c.lot_id = t.lot_id)
                and not exists (select from accounting.transfer_lots x where x.lot_id = t.lot_id) $q$),
        ('accounting.disputes', 'payouts',
            $q$ opened_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris' $q$),
        ('accounting.billed_periods', 'accounting_payments',
            $q$ paid_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                and not exists (select from accounting.billed_refunds r
                                where r.invoice = t.invoice and r.refunded_at > $1) $q$),
        ('accounting.grants', 'accounting_payments', $q$ exists (
            select from app.funds f where f.id = t.fund_id and f.settled_at
                < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris') $q$),
        ('accounting.grant_corrections', 'accounting_payments', $q$ at < $1 and exists (
            select from app.funds f where f.id = t.fund_id and f.settled_at
                < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris') $q$),
        ('app.funds', 'accounting_payments',
            $q$ settled_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris'
                and not exists (select from accounting.grants g where g.fund_id = t.id)
                and not exists (select from accounting.grant_corrections c where c.fund_id = t.id)
                and not exists (select from accounting.fund_statements s where s.fund_id = t.id) $q$),
        ('accounting.erased_shops', 'accounting_payments',
            $q$ erased_at < date_trunc('year', $1 at time zone 'Europe/Paris') at time zone 'Europe/Paris' $q$)
    ) as k (rows_of, what, over)
    loop
        execute format('delete from %1$s where ctid = any (array(select t.ctid from %1$s t where %2$s limit $2))',
                       kind.rows_of, kind.over)
        using moment - app.kept_for(kind.what), most;
        get diagnostics gone = row_count;
        went := went + gone;
    end loop;

    -- Who was invited goes; a row that only counts stays with the shop that invited.
    update app.shop_invitations set lookup = null, sealed = null, token_hash = null where id = any (array(
        select id from app.shop_invitations
        where token_hash is not null and ends_at < moment limit most));
    get diagnostics gone = row_count;
    went := went + gone;

    -- An agreement's document is removed before its row: the job associations.remove_orphans finds it by this status.
    update app.agreements set status = 'going' where id = any (array(
        select id from app.agreements
        where status in ('ended', 'declined') and coalesce(ended_at, decided_at) < moment - app.kept_for('agreements')
        limit most));
    get diagnostics gone = row_count;
    perform app.gather_counts();
    return went + gone;
end $$;
grant execute on function app.prune(int) to ecopanier_worker;
