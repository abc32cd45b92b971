-- Return whether a shop has a feature of Premium: what the owner has who answers for it.
-- Called by acts and queries that work for a shop. Definer, because it reads shops; only the owner may execute it.
create or replace function app.shop_entitled(shop uuid, feature text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from app.shops s where s.id = shop and app.entitled(s.owner_id, feature))
$$;
