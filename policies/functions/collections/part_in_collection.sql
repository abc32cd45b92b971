-- Return as what the caller takes part in a collection: `shop` or `giver` who gives, `association` that receives, `admin`,
-- or `collector`; `program` if nobody is signed in.
-- Called by acts on collections, and by collection_shown. With `at_least`, members of a lower role take part in nothing.
-- Definer, because it reads members; only the owner may execute it.
create or replace function app.part_in_collection(c app.collections, at_least text default 'staff') returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case
        when app.caller() is null then 'program'
        when c.association_id = any (array(select app.associations_of(app.caller(), at_least))) then 'association'
        when app.caller_role() = 'admin' then 'admin'
        when c.shop_id = any (array(select app.shops_of(app.caller(), at_least))) then 'shop'
        when c.giver_id = any (array(select app.associations_of(app.caller(), at_least))) then 'giver'
        when exists (select from app.stop_tasks k join app.tours t on t.id = k.tour_id
                     where k.collection_id = c.id and k.living and t.collector_id = app.caller()) then 'collector' end;
end $$;
