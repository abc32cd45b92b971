-- Return the window between two times of day on a day in a zone. One that closes before it opens ends on the next day. On a
-- night when the clocks change, a window keeps its times of day; one that would be gone keeps its length.
-- Called by ask_unsold and ask_recurring.
create or replace function app.window_on(
    day date, opens time, closes time, zone text, out starts timestamptz, out ends timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    starts := (day + opens) at time zone zone;
    ends := (day + (closes <= opens)::int + closes) at time zone zone;
    if ends <= starts then ends := starts + (closes - opens); end if;
end $$;
