-- Return up to `most` public associations whose name matches a text, best first, after a rank, a key and an id; without a
-- text all of them, in the order of their names.
-- Called by GET /v1/associations, as the API, for anybody. The order is that of shops_named.
-- Definer, because strangers see no rows of associations. It lets through what the association wants to show.
create or replace function app.associations_named(words text, after_rank int, after_key text, after_id uuid, most int)
returns table (id uuid, name text, address text, insee_code text, latitude float8, longitude float8, photo_id uuid,
               rank int, key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    beginnings text[] := case when words is null then array[''] else app.name_beginnings(words) end;
begin
    return query
    select a.id, a.name, a.address, a.insee_code, a.latitude, a.longitude, a.photo_id, found.rank::int, found.key::text
    from (
        select n.association_id, n.rank, n.key
        from unnest(beginnings) as asked, generate_series(0, case when words is null then 0 else 2 end) as level
        cross join lateral (
            select m.association_id, m.rank, m.key
            from app.association_names m join app.associations shown on shown.id = m.association_id
            where m.rank = level and m.key >= asked collate "C" and m.key < (asked || '~') collate "C"
              and (m.rank, m.key, m.association_id) > (after_rank, after_key collate "C", after_id)
              and app.is_shown(shown)
              -- Each association once, by its best key.
              and not exists (
                  select from app.association_names b, unnest(beginnings) as other
                  where b.association_id = m.association_id
                    and b.key >= other collate "C" and b.key < (other || '~') collate "C"
                    and (b.rank, b.key) < (m.rank, m.key))
            order by m.key, m.association_id limit most) n
        order by n.rank, n.key, n.association_id limit most) found
    join app.associations a on a.id = found.association_id
    order by found.rank, found.key, found.association_id;
end $$;
grant execute on function app.associations_named(text, int, text, uuid, int) to ecopanier_api;
