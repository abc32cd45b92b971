-- Return everything that is held about the caller, one row per file of their copy.
-- Called by GET /v1/me/export, as anybody who is signed in.
-- Whole rows are returned, so that a column that is added later comes along. Left out are hashes of secrets, what is
-- sealed (it is opened outside, which the audit log notes), and what tells who other people are.
-- Definer, because no policy shows anybody all of it: it lets through what is the caller's own. About a merchant's
-- lots and shops nothing tells who reserved, nor free portions from paid ones.
create or replace function app.export_account() returns table (file text, content jsonb)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    me               uuid := app.caller();
    own_shops        uuid[];
    own_associations uuid[];
begin
    if me is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    own_shops := array(select app.shops_of(me, 'owner'));
    own_associations := array(select app.associations_of(me, 'owner'));
    perform app.note('account.exported', 'account', me);
    return query
    select e.file, e.content from (
        select 'account', (select jsonb_agg(to_jsonb(a)) from app.accounts a where a.id = me)
        union all
        select 'consents', (select jsonb_agg(to_jsonb(c) - 'account_id' order by c.id)
                            from app.consents c where c.account_id = me)
        union all
        select 'undelivered_mails', (select jsonb_agg(to_jsonb(u) - array['account_id', 'message'] order by u.first_at)
                                     from app.undelivered_mails u where u.account_id = me)
        union all
        select 'notices', (select jsonb_agg(
                to_jsonb(n) - array['account_id', 'about', 'once'] || jsonb_build_object('deliveries', (
                    select jsonb_agg(to_jsonb(d) - array['account_id', 'notice_id', 'subject', 'mail', 'gathered_by'])
                    from app.notice_deliveries d where d.notice_id = n.id)) order by n.id)
            from app.notices n where n.account_id = me)
        union all
        select 'notice_preferences', (select jsonb_agg(to_jsonb(p) - 'account_id' order by p.event, p.channel)
                                      from app.notice_preferences p where p.account_id = me)
        union all
        select 'quiet_hours', (select jsonb_agg(to_jsonb(q) - 'account_id') from app.quiet_hours q where q.account_id = me)
        union all
        select 'refused_address', (select jsonb_agg(to_jsonb(r) - 'account_id')
                                   from app.refused_addresses r where r.account_id = me)
        union all
        select 'favourites', (select jsonb_agg(to_jsonb(f) - array['account_id', 'slot'] || jsonb_build_object('shop', s.name) order by f.id)
                              from app.favourites f join app.shops s on s.id = f.shop_id where f.account_id = me)
        union all
        select 'saved_places', (select jsonb_agg(to_jsonb(p) - array['account_id', 'slot'] || jsonb_build_object('alert', (
                    select to_jsonb(a) - array['account_id', 'place_id', 'area']
                           || jsonb_build_object('waits_until', (
                                  select d.due_at from app.alerts_due d where d.place_id = a.place_id))
                    from app.place_alerts a where a.place_id = p.id)) order by p.id)
                                from app.saved_places p where p.account_id = me)
        union all
        select 'sessions', (select jsonb_agg(to_jsonb(s) - 'account_id' order by s.id)
                            from app.sessions s where s.account_id = me)
        union all
        select 'second_factor', (select jsonb_agg(jsonb_build_object(
                'activated_at', f.activated_at, 'reset_at', f.reset_at, 'recovery_codes', (
                    select jsonb_agg(jsonb_build_object('used_at', c.used_at) order by c.used_at)
                    from app.recovery_codes c where c.account_id = me)))
            from app.second_factors f where f.account_id = me and f.activated_at is not null)
        union all
        select 'devices', (select jsonb_agg(to_jsonb(d) - array['account_id', 'device_hash'] order by d.known_since)
                           from app.devices d where d.account_id = me)
        union all
        select 'calendar', (select jsonb_agg(jsonb_build_object('made_at', c.made_at, 'left_tours', c.left_tours))
                            from app.calendars c where c.account_id = me)
        union all
        select 'terms_asked', (select jsonb_agg(to_jsonb(t) - 'account_id' order by t.asked_at)
                               from app.terms_asked t where t.account_id = me)
        union all
        select 'right', (select jsonb_agg(to_jsonb(b) || jsonb_build_object(
                             'household_size', p.household_size,
                             'association', (select a.name from app.associations a where a.id = b.association_id)))
                         from app.beneficiaries b
                         left join app.beneficiary_persons p on p.beneficiary_id = b.id where b.id = me)
        union all
        select 'cards', (select jsonb_agg(to_jsonb(c) - array['beneficiary_id', 'secret_hash'] order by c.id)
                         from app.cards c where c.beneficiary_id = me)
        union all
        select 'free_portions', (select jsonb_agg(to_jsonb(f) - 'account_id' order by f.day)
                                 from app.free_portions f where f.account_id = me)
        union all
        select 'right_reminders', (select jsonb_agg(to_jsonb(r) - 'beneficiary_id' order by r.right_ends)
                                   from app.right_reminders r where r.beneficiary_id = me)
        union all
        select 'transfers', (select jsonb_agg(to_jsonb(t) - 'asked_by' order by t.id)
                             from app.transfers t
                             where me in (t.beneficiary_id, t.from_association_id, t.to_association_id))
        union all
        select 'reservations', (select jsonb_agg(
                to_jsonb(r) - array['account_id', 'handed_over_by'] || jsonb_build_object(
                    'title', l.title, 'shop', s.name, 'pickup_start', l.pickup_start, 'pickup_end', l.pickup_end,
                    'pass', (select to_jsonb(p) - 'reservation_id' from app.passes p where p.reservation_id = r.id),
                    'handed_at', (select h.handed_at from app.handed_passes h where h.reservation_id = r.id)) order by r.id)
            from app.reservations r join app.lots l on l.id = r.lot_id join app.shops s on s.id = l.shop_id
            where r.account_id = me)
        union all
        -- Not the lot as its merchant listed it, nor what went back to whom: both tell a given portion from others.
        select 'problem_reports', (select jsonb_agg(
                to_jsonb(q) - array['account_id', 'lot_id', 'given_back_at', 'given_back_cents', 'admins_told_at',
                                     'admins_reminded_at', 'to_tell']
                order by q.id) from app.problem_reports q where q.account_id = me)
        union all
        select 'problem_reports_answered', (select jsonb_agg(jsonb_build_object(
                'id', q.id, 'lot_id', q.lot_id, 'shop_id', q.shop_id, 'kind', q.kind, 'reported_at', q.reported_at,
                'outcome', q.outcome, 'share', q.share, 'answer', q.answer, 'answered_at', q.answered_at) order by q.id)
            from app.problem_reports q where q.shop_id = any (own_shops))
        union all
        select 'payments', (select jsonb_agg(to_jsonb(p) order by p.id)
                            from app.payments p join app.reservations r on r.id = p.reservation_id where r.account_id = me)
        union all
        select 'subscription', (select jsonb_agg(to_jsonb(s) - array['account_id', 'version', 'to_end'])
                                from app.subscriptions s where s.account_id = me)
        union all
        select 'waiting', (select jsonb_agg(to_jsonb(w) - 'account_id' order by w.id)
                           from app.waiting w where w.account_id = me)
        union all
        select 'suspended_lots', (select jsonb_agg(to_jsonb(g) || jsonb_build_object('portions', (
                    select jsonb_agg(to_jsonb(p) - 'suspended_lot_id' order by p.reservation_id)
                    from app.suspended_portions p where p.suspended_lot_id = g.id)) order by g.id)
            from app.suspended_lots g join app.reservations r on r.id = g.id where r.account_id = me)
        union all
        select 'impact', (select jsonb_agg(to_jsonb(i) - array['account_id', 'written_by'] order by i.recorded_at)
                          from app.impact_entries i where i.account_id = me)
        union all
        select 'members', (select jsonb_agg(
                to_jsonb(m) - array['account_id', 'lookup', 'sealed', 'token_hash', 'invited_by']
                || jsonb_build_object('name', (select s.name from app.shops s where s.id = m.shop_id
                                               union all
                                               select a.name from app.associations a where a.id = m.association_id
                                               union all
                                               select o.name from app.organisations o where o.id = m.organisation_id))
                order by m.id)
            from app.members m where m.account_id = me)
        union all
        select 'shops', (select jsonb_agg(to_jsonb(s) - array['owner_id', 'place'] order by s.id)
                         from app.shops s where s.id = any (own_shops))
        union all
        select 'shop_invitations', (select jsonb_agg(
                jsonb_build_object('by_you', i.invited_by = me, 'by_mail', i.lookup is not null, 'shop', s.name,
                                   'created_at', i.created_at, 'ends_at', i.ends_at)
                || case when i.account_id = me then jsonb_build_object(
                       'registered_at', i.registered_at, 'verified_at', i.verified_at, 'first_lot_at', i.first_lot_at,
                       'named', i.named) else '{}' end order by i.id)
            from app.shop_invitations i join app.shops s on s.id = i.shop_id
            where i.invited_by = me or i.account_id = me)
        union all
        select 'stations', (select jsonb_agg(to_jsonb(t) - array['code_hash', 'token_hash', 'created_by'] order by t.id)
                            from app.stations t where t.shop_id = any (own_shops))
        union all
        select 'payout_accounts', (select jsonb_agg(to_jsonb(p) order by p.shop_id)
                                   from app.payout_accounts p where p.shop_id = any (own_shops))
        union all
        select 'lots', (select jsonb_agg(to_jsonb(l) - array['place', 'shelf', 'category_shelf', 'words', 'suspended_from']
                                         || jsonb_build_object('remaining', k.remaining) order by l.id)
                        from app.lots l join app.lot_stock k on k.lot_id = l.id
                        where l.shop_id = any (own_shops) and l.suspended_from is null)
        union all
        select 'recurring_listings', (select jsonb_agg(to_jsonb(l) || jsonb_build_object('days', (
                    select jsonb_agg(to_jsonb(d) - 'listing_id' order by d.day)
                    from app.recurring_days d where d.listing_id = l.id)) order by l.id)
            from app.recurring_listings l where l.shop_id = any (own_shops))
        union all
        select 'photos', (select jsonb_agg(to_jsonb(p) - 'account_id' order by p.id)
                          from app.photos p where p.account_id = me)
        union all
        select 'listing_drafts', (select jsonb_agg(to_jsonb(d) order by d.id)
                                  from app.listing_drafts d where d.shop_id = any (own_shops))
        union all
        select 'model_calls', (select jsonb_agg(to_jsonb(c) order by c.day)
                               from app.model_calls c where c.shop_id = any (own_shops))
        union all
        select 'agreements', (select jsonb_agg(to_jsonb(g) || jsonb_build_object(
                    'association', a.name, 'shop', s.name) order by g.id)
            from app.agreements g join app.associations a on a.id = g.association_id join app.shops s on s.id = g.shop_id
            where g.association_id = any (own_associations) or g.shop_id = any (own_shops) and g.status not in ('coming', 'going'))
        union all
        select 'association', (select jsonb_agg(to_jsonb(a) - array['owner_id', 'place'] order by a.id) from app.associations a where a.id = any (own_associations))
        union all
        select 'beneficiaries', (select jsonb_agg(to_jsonb(b) - 'association_id' order by b.id)
                                 from app.beneficiaries b where b.association_id = any (own_associations) and b.status <> 'erased')
        union all
        select 'imports', (select jsonb_agg(to_jsonb(i) - 'account_id' order by i.id)
                           from app.imports i where i.account_id = me)
        union all
        select 'kiosks', (select jsonb_agg(to_jsonb(k) - array['device_hash', 'registered_by'] order by k.id)
                          from app.kiosks k where k.association_id = any (own_associations) or k.registered_by = me)
        union all
        select 'collector', (select jsonb_agg(to_jsonb(c) || coalesce(to_jsonb(p) - array['collector_id', 'place'], '{}'))
                             from app.collectors c left join app.collector_profiles p on p.collector_id = c.id
                             where c.id = me)
        union all
        select 'tours', (select jsonb_agg(to_jsonb(t) || jsonb_build_object('steps', (
                             select coalesce(jsonb_agg(to_jsonb(s) - array['fingerprint', 'by_account'] order by s.at, s.id), '[]')
                             from app.tour_steps s where s.tour_id = t.id and s.by_account = me)) order by t.id)
                         from app.tours t where t.collector_id = me)
        union all
        select 'collections_asked', (select jsonb_agg(to_jsonb(c) - array['decided_by'] order by c.id)
                                     from app.collections c where c.asked_by = me)
        union all
        select 'decisions_about_me', (select jsonb_agg(to_jsonb(d) - 'decided_by' order by d.id)
                                      from app.decisions d where d.subject_id = me or d.subject_id = any (own_shops)
                                         or d.subject_id in (select l.id from app.lots l where l.shop_id = any (own_shops)))
        union all
        select 'decisions_by_me', (select jsonb_agg(to_jsonb(d) - 'decided_by' order by d.id)
                                   from app.decisions d where d.decided_by = me)
        union all
        select 'recalls', (select jsonb_agg(to_jsonb(r) - 'issued_by' order by r.id)
                           from app.recalls r where r.issued_by = me)
        union all
        select 'recall_decisions', (select jsonb_agg(to_jsonb(m) - 'decided_by' order by m.decided_at, m.lot_id)
                                    from app.recall_matches m where m.decided_by = me)
        union all
        select 'setting_changes', (select jsonb_agg(to_jsonb(c) - 'changed_by' order by c.id)
                                   from app.setting_changes c where c.changed_by = me)
        union all
        -- What others did with what is the caller's: their role and, for associations, the name. Never which admin, nor the
        -- id of their request, which their program chose.
        select 'audit_about_me', (select jsonb_agg(to_jsonb(n) - array['actor_id', 'request_id'] || jsonb_build_object(
                    'association', (select a.name from app.associations a
                                    where a.id = coalesce((n.detail ->> 'association')::uuid, n.actor_id)))
                -- Whoever found a shop's door closed may be a beneficiary.
                || case n.action when 'shop.paused' then '{"actor_role": null}'::jsonb else '{}' end order by n.id)
            from app.audit_entries n
            where (n.subject_id = me or n.subject_id = any (own_shops)) and n.actor_id is distinct from me)
        union all
        -- Whom another association enrolled is not told, not even by the id, because an id tells when it was made.
        select 'audit_by_me', (select jsonb_agg(
                to_jsonb(n) - 'actor_id'
                || case n.action when 'beneficiary.found_elsewhere' then '{"subject_id": null}'::jsonb else '{}' end
                order by n.id)
            from app.audit_entries n where n.actor_id = me)
    ) e (file, content)
    where e.content is not null;
end $$;
grant execute on function app.export_account() to authenticated;
