-- Tell the owners of a shop of an event.
-- Called by acts in the transaction of the fact.
-- Definer, because nobody may read members; only the owner may execute it.
create or replace function app.tell_shop(
    shop uuid, event text, facts jsonb, once text default null, subject uuid default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(m.account_id, event, facts, once, null, subject)
    from app.members m where m.shop_id = shop and m.role = 'owner' and m.account_id is not null
    order by m.account_id;
end $$;
