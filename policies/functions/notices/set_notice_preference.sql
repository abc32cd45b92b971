-- Turn one channel of an event on or off for the caller.
-- Called by PUT /v1/me/notice-preferences, once for each channel that was named. What is kept stays as it is.
-- Definer, because nobody may write preferences: only the caller's own, of an event that the caller's role may get.
-- Locks: the preference.
create or replace function app.set_notice_preference(event text, channel text, wanted boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    kind record;
begin
    select e.* into kind from app.notice_events() e
    where e.event = set_notice_preference.event
      and (app.caller_role() = any (e.roles)
           or 'merchant' = any (e.roles) and exists (select from app.shops_of(app.caller(), 'owner'))
           or 'organisation' = any (e.roles) and exists (select from app.organisations_of(app.caller(), 'owner'))
           or 'staff' = any (e.roles) and exists (select from app.shops_of(app.caller(), 'staff'))
           or 'association' = any (e.roles) and exists (select from app.associations_of(app.caller(), 'staff')));
    if not found or channel not in ('app', 'mail') then raise exception 'notice.unknown_event' using errcode = 'EP422'; end if;
    if kind.kept and wanted is distinct from (case channel when 'app' then kind.in_app else kind.by_mail end) then
        raise exception 'notice.not_optional' using errcode = 'EP422';
    end if;
    insert into app.notice_preferences as p (account_id, event, channel, wanted, changed_at)
    values (app.caller(), set_notice_preference.event, set_notice_preference.channel, set_notice_preference.wanted,
            app.clock())
    on conflict on constraint notice_preferences_pkey do update
    set wanted = excluded.wanted, changed_at = excluded.changed_at;
end $$;
grant execute on function app.set_notice_preference(text, text, boolean) to authenticated;
