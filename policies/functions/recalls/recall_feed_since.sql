-- Return the day from which the public recall feed is to be read: thirty days before the newest notice of the last complete
-- reading, because corrections may keep the day of their notice; a year back at the first reading.
-- Called by the worker's job recalls.read_feed. Definer, because nobody may read this row; only the worker may execute it.
create or replace function app.recall_feed_since() returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (coalesce((select f.seen_until - interval '30 days' from app.recall_feed f),
                     app.clock() - interval '1 year') at time zone 'UTC')::date;
end $$;
grant execute on function app.recall_feed_since() to ecopanier_worker;
