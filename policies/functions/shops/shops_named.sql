-- Return up to `most` verified shops whose name matches a text, best first, after a rank, a key and an id.
-- Called by GET /v1/shops?q=, as the API, for anybody. Names that are or begin with the text come before those of which a
-- later word does; the same rank is in the order of the alphabet. Each range of keys is read along an index that has this
-- order, so a common word such as « boulangerie » costs no more than a rare one.
-- Definer, because nobody is granted the keys. It lets through what everybody sees of verified shops.
create or replace function app.shops_named(words text, after_rank int, after_key text, after_id uuid, most int)
returns table (id uuid, name text, address text, latitude float8, longitude float8, category text, time_zone text,
               insee_code text, photo_id uuid, rank int, key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    beginnings text[] := app.name_beginnings(words);
begin
    return query
    select s.id, s.name, s.address, s.latitude, s.longitude, s.category, s.time_zone, s.insee_code, s.photo_id,
           found.rank::int, found.key::text
    from (
        select n.shop_id, n.rank, n.key
        from unnest(beginnings) as asked, generate_series(0, 2) as level
        cross join lateral (
            select m.shop_id, m.rank, m.key
            from app.shop_names m
            -- Keys are made of small letters, digits and spaces, which come before the tilde.
            where m.rank = level and m.key >= asked collate "C" and m.key < (asked || '~') collate "C"
              and (m.rank, m.key, m.shop_id) > (after_rank, after_key collate "C", after_id)
              -- Each shop once, by its best key.
              and not exists (
                  select from app.shop_names b, unnest(beginnings) as other
                  where b.shop_id = m.shop_id and b.key >= other collate "C" and b.key < (other || '~') collate "C"
                    and (b.rank, b.key) < (m.rank, m.key))
            order by m.key, m.shop_id limit most) n
        order by n.rank, n.key, n.shop_id limit most) found
    join app.shops s on s.id = found.shop_id
    order by found.rank, found.key, found.shop_id;
end $$;
grant execute on function app.shops_named(text, int, text, uuid, int) to ecopanier_api;
