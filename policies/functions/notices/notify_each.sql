-- Tell many people of an event at once: a notice in the app and a mail, as each of them prefers. Return how many were
-- told. `told`, `once` and `subjects` stand beside the account at the same place.
-- Called by announce_lots and tell_places, in batches, for events whose mails are gathered. It does for them what notify
-- does for one person, in a few statements, and tells no account that is not active. The mails go out after
-- `gather_minutes`, or when the person's quiet hours end, with a priority below that of every other job: a fan-out to ten
-- thousand people delays nobody's confirmation.
-- Definer, because nobody may write notices; only the owner may execute it.
-- Locks: the rows that it inserts, in the order of accounts, so that two batches at once do not wait in a circle.
create or replace function app.notify_each(
    event text, accounts uuid[], told jsonb[], once text[], subjects uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment timestamptz := app.clock();
    soon   timestamptz := moment + make_interval(mins => app.setting_int('gather_minutes'));
    kind   record;
    made   int;
    mailed uuid[];
    at     timestamptz[];
begin
    select * into kind from app.notice_events() e where e.event = notify_each.event and e.gathers;
    if not found then raise exception 'notice.unknown_event' using errcode = 'EP422'; end if;

    with wanted as (
        select w.account, w.facts, w.once, w.subject, coalesce(in_app.wanted, kind.in_app) as in_app,
               coalesce(by_mail.wanted, kind.by_mail) and app.wants_notifications(a.id)
               and coalesce(a.email_verified_at, s.verified_at) is not null
               and not exists (select from app.refused_addresses r where r.account_id = a.id) as by_mail
        from unnest(accounts, told, once, subjects) as w (account, facts, once, subject)
        join app.accounts a on a.id = w.account and a.status = 'active'
        left join app.sealed_addresses s on s.account_id = a.id
        left join app.notice_preferences in_app
            on in_app.account_id = a.id and in_app.event = notify_each.event and in_app.channel = 'app'
        left join app.notice_preferences by_mail
            on by_mail.account_id = a.id and by_mail.event = notify_each.event and by_mail.channel = 'mail'
    ), written as (
        insert into app.notices (account_id, event, subject, once, facts, in_app, at)
        select w.account, notify_each.event, w.subject, w.once, jsonb_build_object('told', w.facts), w.in_app, moment
        from wanted w where w.in_app or w.by_mail
        order by w.account, w.once
        on conflict (account_id, event, once) where once is not null do nothing
        returning id, account_id, once
    ), to_mail as (
        insert into app.notice_deliveries (notice_id, account_id, channel, queued_at)
        select n.id, n.account_id, 'mail', moment
        from written n
        where exists (select from wanted w where w.account = n.account_id and w.once = n.once and w.by_mail)
        returning id, account_id)
    select (select count(*) from written),
           array_agg(d.id), array_agg(greatest(app.quiet_until(d.account_id, moment), soon))
    into made, mailed, at
    from to_mail d;
    perform app.defer_mails(mailed, at);
    return made;
end $$;
