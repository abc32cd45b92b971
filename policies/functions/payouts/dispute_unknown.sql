-- Return whether we know nothing of a dispute yet.
-- Called by the worker (payouts.look_again) with the disputes that Stripe lists. Definer, because nobody else reads
-- disputes; only the worker may execute it.
create or replace function app.dispute_unknown(dispute text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select not exists (select from accounting.disputes d where d.id = dispute)
$$;
grant execute on function app.dispute_unknown(text) to ecopanier_worker;
