-- Turn the mails of an event off for an account, and return whether that event can be turned off.
-- Called by POST /v1/notices/unsubscribe, as the API, which has checked the signature of the link in the mail.
-- Definer and for the API alone, because whoever opens the link has not signed in.
-- Locks: the preference.
create or replace function app.unsubscribe(account uuid, event text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.accounts a where a.id = account and a.status <> 'erased')
       or not exists (select from app.notice_events() e where e.event = unsubscribe.event and not e.kept) then
        return false;
    end if;
    insert into app.notice_preferences as p (account_id, event, channel, wanted, changed_at)
    values (account, unsubscribe.event, 'mail', false, app.clock())
    on conflict on constraint notice_preferences_pkey do update
    set wanted = false, changed_at = excluded.changed_at where p.wanted;
    return true;
end $$;
grant execute on function app.unsubscribe(uuid, text) to ecopanier_api;
