-- Return the time zone in which an operator's days are counted: an association's, or Paris for the platform's admins.
-- Called by ask_plan, begin_plan, tour_to_reorder and tell_of_tour. Only the owner may execute it.
create or replace function app.zone_of_operator(association uuid) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select a.time_zone from app.associations a where a.id = association), 'Europe/Paris')
$$;
