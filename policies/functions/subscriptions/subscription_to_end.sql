-- Return the page that is still to be closed of a customer whose subscription is to end (null: none), and whether it is to
-- end at all. Called by the worker (subscriptions.end).
-- Definer, because nobody may read subscriptions; only the worker may execute it.
create or replace function app.subscription_to_end(wanted text, out to_end boolean, out page_id uuid, out checkout text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select s.to_end, s.page_id, s.checkout into to_end, page_id, checkout from app.subscriptions s where s.customer = wanted;
end $$;
grant execute on function app.subscription_to_end(text) to ecopanier_worker;
