-- Return the customers whose subscription nobody has looked at for `older_than`, the oldest first, at most `most`.
-- Called by the worker's periodic job subscriptions.look_again, which finds what lost events would have told. Of
-- subscriptions that have ended only those are returned that are beginning again, or are to end.
-- Definer, because nobody may read subscriptions; only the worker may execute it.
create or replace function app.subscriptions_to_look_at(older_than interval, most int) returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.customer from app.subscriptions s
    where s.customer is not null and s.looked_at < app.clock() - older_than
      and (s.to_end or s.page_id is not null or s.subscription is not null and s.ended_at is null)
    order by s.looked_at limit most
$$;
grant execute on function app.subscriptions_to_look_at(interval, int) to ecopanier_worker;
