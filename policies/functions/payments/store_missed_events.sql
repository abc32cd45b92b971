-- Store the events that did not reach our webhook, each once, and queue the job that looks at its PaymentIntent; return
-- how many there were. Events about intents that we do not know are passed over.
-- Called by the worker (payments.look_for_refunds) with events of one type that Stripe lists: their ids, and their intents
-- in the same order. Definer, because nobody may write events; only the worker may execute it.
-- Locks: the events' rows, in the order of ids.
create or replace function app.store_missed_events(event_type text, events text[], intents text[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    one    record;
    missed int := 0;
begin
    for one in
        select s.event, s.intent from unnest(events, intents) as s (event, intent)
        where exists (select from app.payments p where p.stripe_payment_intent = s.intent)
           or exists (select from accounting.payments b where b.stripe_payment_intent = s.intent)
        order by s.event
    loop
        insert into app.stripe_events (id, type, stripe_payment_intent) values (one.event, event_type, one.intent)
        on conflict (id) do nothing;
        continue when not found;
        perform app.defer('payments.look_at_intent', jsonb_build_object('intent', one.intent));
        missed := missed + 1;
    end loop;
    return missed;
end $$;
grant execute on function app.store_missed_events(text, text[], text[]) to ecopanier_worker;
