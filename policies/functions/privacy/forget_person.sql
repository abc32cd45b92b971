-- Remove what tells who an account is: sign-ins, sealed data with its key, consents, and answers kept for repeated
-- requests.
-- Called by erase_account. Only the owner may execute it. What stays is rows without a name that figures and other
-- people refer to.
-- Locks: the rows that it removes or changes; a beneficiary before their cards, and cards before sessions, as the acts
-- that make and use cards.
create or replace function app.forget_person(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    enrolled_by uuid;
    -- The associations that close with their last owner.
    closing     uuid[] := array(select a.id from app.associations a where a.owner_id = account);
    shown       uuid[] := array(select a.photo_id from app.associations a where a.owner_id = account and a.photo_id is not null);
begin
    delete from key_vault.data_keys k where k.account_id = account;
    delete from app.beneficiary_persons p where p.beneficiary_id = account;
    delete from key_vault.partner_people i using key_vault.partner_enrolments e
    where e.beneficiary_id = account and i.lookup = e.lookup and i.outcome is not null;
    delete from key_vault.partner_enrolments e where e.beneficiary_id = account;
    update app.api_clients c set created_by = null where c.created_by = account;
    update app.mandates m set granted_by = null where m.granted_by = account;
    update app.mandates m set ended_by = null where m.ended_by = account;
    delete from app.sealed_addresses s where s.account_id = account;
    delete from app.credentials c where c.account_id = account;
    delete from app.second_factors f where f.account_id = account;  -- with its recovery codes
    delete from app.one_time_tokens t where t.account_id = account;
    delete from app.undelivered_mails u where u.account_id = account;
    delete from app.notice_deliveries d where d.account_id = account;
    delete from app.notice_deliveries d where d.subject = account;
    delete from app.notices n where n.account_id = account;
    delete from app.notices n where n.about = account;
    -- Before the code goes: a recall names people by their codes to those who are to tell them.
    update app.notices n set facts = jsonb_set(n.facts, '{codes}', (n.facts -> 'codes') - b.code)
    from app.beneficiaries b
    where b.id = account and n.event = 'recall_to_pass_on' and n.facts -> 'codes' ? b.code;
    delete from app.notice_preferences p where p.account_id = account;
    delete from app.refused_addresses r where r.account_id = account;
    delete from app.diets d where d.account_id = account;
    delete from app.quiet_hours q where q.account_id = account;
    delete from app.favourites f where f.account_id = account;
    -- In the order in which the worker locks them.
    delete from app.alerts_due d
    where d.place_id in (select a.place_id from app.place_alerts a where a.account_id = account);
    delete from app.place_alerts a where a.account_id = account;
    delete from app.saved_places p where p.account_id = account;
    delete from app.confirmations c where c.account_id = account;
    update app.shop_invitations i set invited_by = null where i.invited_by = account;
    update app.shop_invitations i
    set account_id = null, named = false, lookup = null, sealed = null, token_hash = null where i.account_id = account;
    delete from app.email_changes c where c.account_id = account;
    delete from app.devices d where d.account_id = account;
    delete from app.calendars c where c.account_id = account;
    delete from app.terms_asked t where t.account_id = account;
    perform app.end_subscription(account);
    delete from app.consents c where c.account_id = account;
    delete from app.members m where m.account_id = account;
    -- What is still to be decided and given back goes on without what they wrote, and without what was written to them.
    update app.problem_reports q
    set words = '', photo_id = null, answer = case when q.answer is not null then '' end,
        decision_text = case when q.decision_text is not null then '' end
    where q.account_id = account;
    update app.photos p set used = false, status = 'going' where p.account_id = account and not app.photo_is_shown(p.id);
    delete from app.passes p
    using app.reservations r where r.id = p.reservation_id and r.account_id = account;

    -- Nobody gets this code again, and nothing tells any more whose it was. The row stays, so that the figures of the
    -- association do not change.
    insert into app.spent_codes (code)
    select b.code from app.beneficiaries b where b.id = account and b.code is not null on conflict do nothing;
    update app.beneficiaries b
    set code = null, status = 'erased', transferred_at = null, eligible_until = date_trunc('year', b.eligible_until)::date,
        created_at = date_trunc('month', b.created_at at time zone 'Europe/Paris') at time zone 'Europe/Paris'
    where b.id = account and b.status <> 'erased' returning b.association_id into enrolled_by;
    update app.transfers t set status = 'withdrawn', ended_at = app.clock()
    where t.status = 'pending'
      and (t.beneficiary_id = account or t.from_association_id = any (closing) or t.to_association_id = any (closing));
    delete from app.right_reminders r where r.beneficiary_id = account;
    -- In the order of the acts that work on them: person, card, session. So a card that was being made, or a sign-in that
    -- was under way, is finished by now and is removed too.
    delete from app.cards c where c.beneficiary_id = account;
    delete from app.page_sessions p where p.account_id = account;
    delete from app.sessions s where s.account_id = account;
    -- Answers kept for the person and for whoever works for the association that enrolled them, because names may stand
    -- in both.
    delete from app.idempotency_keys i
    where i.scope = account or i.scope in (select m.account_id from app.members m where m.association_id = enrolled_by);

    update app.associations a
    set name = '-', status = 'closed', rna = null, siret = null, address = null, phone = null, website = null,
        is_public = false, description = '', photo_id = null, opening_hours = '{}', latitude = null, longitude = null,
        place = null, created_at = date_trunc('year', a.created_at)
    where a.id = any (closing) and a.status <> 'closed';
    update app.photos p set used = false, status = 'going'
    where (p.id = any (shown) or closing <> '{}' and p.account_id = account) and not app.photo_is_shown(p.id);
    delete from app.members m where m.association_id = any (closing);
    delete from app.association_needs n where n.association_id = any (closing);
    delete from app.neighbour_dismissals d where d.association_id = any (closing);
    delete from app.chat_hooks h where h.association_id = any (closing);
    perform app.forget_webhooks(closing);
    update app.kiosks k set name = '-', revoked_at = coalesce(k.revoked_at, app.clock())
    where k.association_id = any (closing);
    update app.sessions s set ended_at = app.clock(), ended_because = 'kiosk_revoked'
    from app.kiosks k where k.id = s.kiosk_id and k.association_id = any (closing) and s.ended_at is null;
    -- The documents of agreements are removed with the association. The shops were party to them and have their own copy.
    update app.agreements g set status = 'going' where g.association_id = any (closing) and g.status <> 'going';
    delete from app.collectors c where c.id = account;
    update app.point_reports r set by_account = null where r.by_account = account;
    update app.tour_plans p set asked_by = null where p.asked_by = account;
    update app.decisions d set reason = null
    where d.reason is not null
      and (d.subject in ('account', 'collector') and d.subject_id = account
           or d.subject = 'association' and d.subject_id = any (closing));
end $$;
