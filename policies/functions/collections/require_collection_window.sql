-- Raise EP422 unless a collection may have this window: it is not over, lasts at most 24 hours, and begins within 60 days.
-- Called by make_collection and postpone_collection. Only the owner may execute it.
create or replace function app.require_collection_window(starts timestamptz, ends timestamptz) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if starts >= ends or ends <= app.clock() or ends > starts + interval '24 hours'
       or starts > app.clock() + interval '60 days' or starts < app.clock() - interval '24 hours' then
        raise exception 'collection.window_invalid' using errcode = 'EP422';
    end if;
end $$;
