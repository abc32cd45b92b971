-- Return the ids of the collections that an account takes part in: what leaves its shops or its associations, what comes
-- to its associations, and what is in its own tours; nothing for any other account than the caller's.
-- Called by policies of collections, of their items and changes, and by acts that show one collection.
-- Definer, because the policies of other tables ask it while those tables have policies of their own. It returns ids only.
create or replace function app.collections_seen_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    shops        uuid[] := array(select app.shops_of(account, 'reader'));
    associations uuid[] := array(select app.associations_of(account, 'reader'));
begin
    if account is distinct from app.caller() then return; end if;
    return query
        select c.id from app.collections c where c.shop_id = any (shops)
        union
        select c.id from app.collections c where c.giver_id = any (associations)
        union
        select c.id from app.collections c where c.association_id = any (associations)
        union
        select k.collection_id from app.tours t join app.stop_tasks k on k.tour_id = t.id
        where t.collector_id = account and k.living and t.status not in ('declined', 'cancelled');
end $$;
grant execute on function app.collections_seen_by(uuid) to authenticated;
