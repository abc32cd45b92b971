-- Return payout accounts that nobody has looked at for `older_than`, the oldest first, at most `most`.
-- Called by the worker (payouts.look_at_accounts): an event that got lost must not keep a shop waiting.
-- Definer, because the worker has no policy on payout accounts; only the worker may execute it.
create or replace function app.payout_accounts_to_look_at(older_than interval, most int) returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.stripe_account from app.payout_accounts a
    where a.state in ('onboarding', 'restricted', 'active') and a.looked_at < app.clock() - older_than
    order by a.looked_at limit most
$$;
grant execute on function app.payout_accounts_to_look_at(interval, int) to ecopanier_worker;
