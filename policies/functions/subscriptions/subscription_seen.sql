-- Note what Stripe says now about a customer's subscription (`found`, null if there is none), and tell its merchant of a
-- payment that failed, and of the end. Return false if another state was noted since Stripe was asked: ask again.
-- Called by the worker and by POST /v1/subscriptions, which have just asked. So a state is never older than the one before,
-- although no transaction is open while Stripe is asked.
-- Once there is a subscription, the page on which it began is over.
-- Definer, because nobody may write subscriptions; only the worker and the API may execute it.
-- Locks: the subscription, then what notify inserts.
create or replace function app.subscription_seen(wanted text, expected int, found_now jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    before app.subscriptions;
    later  app.subscriptions;
begin
    select s.* into before from app.subscriptions s where s.customer = wanted for update;
    if not found then return true; end if;
    if before.version <> expected then return false; end if;
    if found_now is null then
        update app.subscriptions s set looked_at = app.clock(), version = s.version + 1 where s.account_id = before.account_id;
        return true;
    end if;
    later := jsonb_populate_record(before, found_now);
    if later.subscription is distinct from before.subscription then
        later.page_id := null;
        later.page_begun_at := null;
        later.page_cents := null;
        later.page_language := null;
        later.checkout := null;
    end if;
    update app.subscriptions s
    set (page_id, page_begun_at, page_cents, page_language, checkout, subscription, status, cents, begun_at, period_ends_at,
         past_due_since, cancels_at, ended_at, looked_at, version)
        = (later.page_id, later.page_begun_at, later.page_cents, later.page_language, later.checkout, later.subscription,
           later.status, later.cents, later.begun_at, later.period_ends_at, later.past_due_since, later.cancels_at,
           later.ended_at, app.clock(), before.version + 1)
    where s.account_id = before.account_id;

    if later.status = 'past_due' and later.past_due_since is distinct from before.past_due_since then
        perform app.notify(before.account_id, 'premium_payment_failed',
                           jsonb_build_object('cents', later.cents, 'until', later.past_due_since + interval '7 days'),
                           later.subscription || ':' || later.past_due_since::date);
    end if;
    if later.ended_at is not null and before.subscription = later.subscription and before.ended_at is null then
        perform app.notify(before.account_id, 'premium_ended',
                           jsonb_build_object('unpaid', before.status in ('past_due', 'unpaid')), later.subscription);
    end if;
    return true;
end $$;
grant execute on function app.subscription_seen(text, int, jsonb) to ecopanier_worker, ecopanier_api;
