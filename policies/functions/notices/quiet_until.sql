-- Return when the quiet hours end that a moment lies in; null if it lies in none. Without a choice they are from 21:00 to
-- 8:00 where the person lives.
-- Called by notify_each and tell_places before they choose when to mail, and by delivery_to_send right before a mail.
-- An hour that the clocks skip at night ends when they have been put forward, and one that comes twice ends with the
-- second.
-- Definer, because it reads what others chose; only the owner may execute it.
create or replace function app.quiet_until(account uuid, moment timestamptz) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    chosen app.quiet_hours;
    zone   text := app.zone_of_person(account);
    here   timestamp := moment at time zone zone;
begin
    select * into chosen from app.quiet_hours q where q.account_id = account;
    if not found then
        chosen.begins := '21:00';
        chosen.ends := '08:00';
    end if;
    return case
        when chosen.begins is null then null
        when chosen.begins < chosen.ends and here::time >= chosen.begins and here::time < chosen.ends
          or chosen.begins > chosen.ends and here::time < chosen.ends then
            (here::date + chosen.ends) at time zone zone
        when chosen.begins > chosen.ends and here::time >= chosen.begins then
            (here::date + 1 + chosen.ends) at time zone zone
    end;
end $$;
