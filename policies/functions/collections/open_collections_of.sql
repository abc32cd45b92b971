-- Return the ids of the collections that nobody has taken yet of some shops and associations, whether they give or receive.
-- Called by acts that suspend or close them. Definer, because it reads everybody's collections; only the owner may execute it.
create or replace function app.open_collections_of(shops uuid[], associations uuid[]) returns uuid[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return array(
        select c.id from app.collections c
        where c.status in ('requested', 'accepted', 'scheduled')
          and (c.shop_id = any (shops) or c.giver_id = any (associations) or c.association_id = any (associations)));
end $$;
