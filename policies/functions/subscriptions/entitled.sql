-- Return whether an account has a feature of Premium now: `drafts`, `figures`, `export`, `several_shops` or `monthly_export`.
-- Called by the acts and queries that give them; nothing else decides it. Safety, dignity and free lots never depend on it.
-- Entitled is a subscription that is paid or on trial, and one whose month is not paid for at most seven days. An ended one
-- is not, whatever came first. What Stripe says may be late by seven days at most, so that nobody loses Premium because it
-- cannot be reached.
-- Definer, because nobody may read others' subscriptions; only the owner may execute it.
create or replace function app.entitled(account uuid, feature text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select feature = any ('{drafts,figures,export,several_shops,monthly_export}') and exists (
        select from app.subscriptions s
        where s.account_id = account and not s.to_end and (s.cancels_at is null or s.cancels_at > app.clock())
          and case s.status when 'active' then s.period_ends_at when 'trialing' then s.period_ends_at
                            when 'past_due' then s.past_due_since end > app.clock() - interval '7 days')
$$;
