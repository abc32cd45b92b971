-- Begin to subscribe to Premium, or go on with it: return what Stripe's page is made from, and its id if it was made.
-- Called by POST /v1/subscriptions as a merchant, before Stripe is asked. An account has one page at a time, whose id stays
-- until Stripe says that the page is over, so that two tabs subscribe once. Price and language are those of its beginning.
-- `customer` is the account at Stripe, null if there is none; `email` is to whom Stripe writes.
-- Raises `premium.already` if there is a subscription that has not ended, `premium.shop_needed` without a shop to invoice.
-- Definer, because nobody may write subscriptions. Only the caller's own row is touched.
-- Locks: the subscription.
create or replace function app.begin_subscription(
    language text, out page_id uuid, out customer text, out checkout text, out cents int, out page_language text,
    out email text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    own app.subscriptions;
begin
    if app.caller_role() is distinct from 'merchant' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if not exists (select from app.shops s where s.owner_id = app.caller() and s.status <> 'closed') then
        raise exception 'premium.shop_needed' using errcode = 'EP409';
    end if;
    insert into app.subscriptions (account_id, looked_at) values (app.caller(), app.clock()) on conflict do nothing;
    select s.* into strict own from app.subscriptions s where s.account_id = app.caller() for update;
    if own.to_end or own.subscription is not null and own.ended_at is null then
        raise exception 'premium.already' using errcode = 'EP409';
    end if;
    if own.page_id is null then
        update app.subscriptions s
        set page_id = app.uuid7(), page_begun_at = app.clock(), page_cents = (app.premium_price()).gross,
            page_language = begin_subscription.language
        where s.account_id = own.account_id returning s.* into own;
        perform app.note('subscription.begun', 'account', own.account_id);
    end if;
    page_id := own.page_id;
    customer := own.customer;
    checkout := own.checkout;
    cents := own.page_cents;
    page_language := own.page_language;
    select a.email into email from app.accounts a where a.id = own.account_id;
end $$;
grant execute on function app.begin_subscription(text) to authenticated;
