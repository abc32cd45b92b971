-- Return the time zone in which a person lives: the one that they chose for their quiet hours, else that of their first
-- saved place, else that of the association that enrolled them, else Paris.
-- Called by quiet_until and own_quiet_hours, and by acts that count what somebody is told in a day.
-- Definer, because it reads everybody's rows; only the owner may execute it.
create or replace function app.zone_of_person(account uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(
        (select q.time_zone from app.quiet_hours q where q.account_id = account),
        (select p.time_zone from app.saved_places p where p.account_id = account order by p.slot limit 1),
        (select o.time_zone from app.beneficiaries b join app.associations o on o.id = b.association_id
         where b.id = account),
        'Europe/Paris');
end $$;
