-- Note that the public recall feed was read to its end; `until` is the time of its newest notice, null if it had none. Then
-- compare the names in the notices of the last day once more, with lots whose publication was not committed when they came.
-- Called by the worker's job recalls.read_feed. A time in the future counts as the present, so that a wrong one in the feed
-- hides no later notice.
-- Definer, because nobody may write these rows; only the worker may execute it. Locks: the row, then the matches.
create or replace function app.recall_feed_read(until timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    notice uuid;
begin
    if until is not null then
        insert into app.recall_feed as f (seen_until, read_at) values (least(until, moment), moment)
        on conflict on constraint recall_feed_pkey do update
        set seen_until = greatest(f.seen_until, excluded.seen_until), read_at = excluded.read_at;
    end if;
    for notice in select n.id from app.recall_notices n where n.read_at > moment - interval '1 day' order by n.id loop
        if app.ask_by_name(notice) > 0 then perform app.ask_admins(notice); end if;
    end loop;
end $$;
grant execute on function app.recall_feed_read(timestamptz) to ecopanier_worker;
