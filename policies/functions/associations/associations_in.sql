-- Return up to `most` public associations of some communes in the order of their names, after a key and an id.
-- Called by GET /v1/associations?insee=, as the API, for anybody: with one commune, or with the arrondissements of Paris,
-- Lyon or Marseille beside it.
-- Definer, because strangers see no rows of associations. It lets through what the association wants to show.
create or replace function app.associations_in(communes text[], after_key text, after_id uuid, most int)
returns table (id uuid, name text, address text, insee_code text, latitude float8, longitude float8, photo_id uuid,
               key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select a.id, a.name, a.address, a.insee_code, a.latitude, a.longitude, a.photo_id, n.key::text
    from app.association_names n join app.associations a on a.id = n.association_id
    where n.rank = 0 and n.insee_code = any (communes) and (n.key, n.association_id) > (after_key collate "C", after_id)
      and app.is_shown(a)
    order by n.key, n.association_id limit most;
end $$;
grant execute on function app.associations_in(text[], text, uuid, int) to ecopanier_api;
