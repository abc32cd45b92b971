-- Return the disputes that are open and that nobody has looked at for `older_than`, at most `most`.
-- Called by the worker (payouts.look_at_disputes). Definer, because nobody else reads disputes; only the worker may execute it.
create or replace function app.open_disputes(older_than interval, most int) returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select d.id from accounting.disputes d
    where d.closed_at is null and d.looked_at < app.clock() - older_than order by d.looked_at limit most
$$;
grant execute on function app.open_disputes(interval, int) to ecopanier_worker;
