-- Return whether an account gets an event on a channel (`app` or `mail`).
-- Called by notify and, right before a mail is written, by delivery_to_send. What is kept comes in any case. Whoever
-- chose nothing gets the event where it usually comes; other mails than those that are kept also need the consent for
-- notifications, and an address that the mail server does not refuse for good.
-- Definer, because it reads what others chose; only the owner may execute it.
create or replace function app.wants_notice(account uuid, event text, channel text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    kind  record;
    usual boolean;
begin
    select * into kind from app.notice_events() e where e.event = wants_notice.event;
    usual := case channel when 'app' then kind.in_app else kind.by_mail end;
    if kind.kept then return usual; end if;
    usual := coalesce((select p.wanted from app.notice_preferences p
                       where p.account_id = account and p.event = wants_notice.event
                         and p.channel = wants_notice.channel), usual);
    if channel = 'app' or not usual then return usual; end if;
    return app.wants_notifications(account)
        and not exists (select from app.refused_addresses r where r.account_id = account);
end $$;
