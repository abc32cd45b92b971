-- End the subscription of an account that is erased: a job ends it at Stripe. Nothing of Premium is left from now on.
-- Called by forget_person. Only the owner may execute it. A row that Stripe knows nothing of goes at once.
-- Locks: the subscription.
create or replace function app.end_subscription(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    known text;
begin
    update app.subscriptions s set to_end = true where s.account_id = account returning s.customer into known;
    if known is not null then
        perform app.defer('subscriptions.end', jsonb_build_object('customer', known));
    else
        delete from app.subscriptions s where s.account_id = account;
    end if;
end $$;
