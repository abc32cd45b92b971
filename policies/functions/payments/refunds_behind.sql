-- Return the intents of which Stripe has refunded more than we know, whether their payments are in the books or not.
-- Called by the worker (payments.look_for_refunds) with what Stripe refunded lately: intents, and their cents in the same
-- order. Definer, because the worker may not read the books; only the worker may execute it.
create or replace function app.refunds_behind(intents text[], cents int[]) returns setof text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select s.intent from unnest(intents, cents) as s (intent, refunded)
    where exists (select from app.payments p where p.stripe_payment_intent = s.intent and p.refunded_cents < s.refunded)
       or exists (select from accounting.current_payments b
                  where b.stripe_payment_intent = s.intent and b.refunded_cents < least(s.refunded, b.amount_cents));
end $$;
grant execute on function app.refunds_behind(text[], int[]) to ecopanier_worker;
