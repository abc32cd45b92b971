-- Return up to `most` verified shops of some communes in the order of their names, after a key and an id.
-- Called by GET /v1/shops?insee=, as the API, for anybody: with one commune, or with the arrondissements of Paris, Lyon or
-- Marseille beside it.
-- Definer, because nobody is granted the keys. It lets through what everybody sees of verified shops.
create or replace function app.shops_in(communes text[], after_key text, after_id uuid, most int)
returns table (id uuid, name text, address text, latitude float8, longitude float8, category text, time_zone text,
               insee_code text, photo_id uuid, key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select s.id, s.name, s.address, s.latitude, s.longitude, s.category, s.time_zone, s.insee_code, s.photo_id,
           found.key::text
    from (
        select n.shop_id, n.key
        from unnest(communes) as commune
        cross join lateral (
            select m.shop_id, m.key from app.shop_names m
            where m.rank = 0 and m.insee_code = commune and (m.key, m.shop_id) > (after_key collate "C", after_id)
            order by m.key, m.shop_id limit most) n
        order by n.key, n.shop_id limit most) found
    join app.shops s on s.id = found.shop_id
    order by found.key, found.shop_id;
end $$;
grant execute on function app.shops_in(text[], text, uuid, int) to ecopanier_api;
