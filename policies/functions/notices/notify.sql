-- Tell an account of an event: a notice in the app and a mail, as the person prefers. Return the notice; null if the
-- person wants neither, or was told before with the same `once`.
-- Called by acts in the transaction of the fact, and by the worker's jobs that look up what a notice says. `facts` are
-- the values of the event's text; they hold nothing that is sealed. `about` is the person that an association's notice
-- is about, with whom it is erased. `subject` is what still_to_tell looks at before the mail is sent.
-- Definer, because nobody may write notices; only the worker may execute it.
-- Locks: the rows that it inserts. An erasure under way does not see them; finish_erasure removes them a minute later.
create or replace function app.notify(
    account uuid, event text, facts jsonb, once text default null, about uuid default null, subject uuid default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    kind     record;
    in_app   boolean;
    by_mail  boolean;
    notice   uuid;
    delivery uuid;
begin
    select * into kind from app.notice_events() e where e.event = notify.event;
    if not found then raise exception 'notice.unknown_event' using errcode = 'EP422'; end if;
    if not exists (select from app.accounts a where a.id = account and a.status <> 'erased') then return null; end if;

    in_app := app.wants_notice(account, notify.event, 'app');
    by_mail := not kind.mails_itself and app.wants_notice(account, notify.event, 'mail') and exists (
        select from app.accounts a left join app.sealed_addresses s on s.account_id = a.id
        where a.id = account and a.status = 'active' and coalesce(a.email_verified_at, s.verified_at) is not null);
    if not (in_app or by_mail) then return null; end if;

    insert into app.notices (account_id, event, about, subject, once, facts, in_app, at)
    values (account, notify.event, notify.about, notify.subject, notify.once, notify.facts, in_app, app.clock())
    on conflict (account_id, event, once) where once is not null do nothing
    returning id into notice;
    if notice is not null and by_mail then
        insert into app.notice_deliveries (notice_id, account_id, channel, queued_at)
        values (notice, account, 'mail', app.clock()) returning id into delivery;
        perform app.defer('notices.deliver', jsonb_build_object('delivery_id', delivery));
    end if;
    return notice;
end $$;
grant execute on function app.notify(uuid, text, jsonb, text, uuid, uuid) to ecopanier_worker;
