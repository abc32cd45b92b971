-- Return a random moment of the first night after a moment, between 1 and 5 o'clock where the shop is.
-- Called by the acts that close lots and correct them, so that what a shop reads of its money comes at a time that tells
-- nothing.
create or replace function app.next_night(zone text, after timestamptz) returns timestamptz
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select (day.one + time '01:00' + random() * interval '4 hours') at time zone zone
    from (select date_trunc('day', after at time zone zone + interval '23 hours') as one) day
$$;
