-- Return a collection with its items, as the API answers with it, for one who may see it.
-- Called by collection_shown and collections_shown. Names are read past row-level security: whoever is in a collection
-- together knows each other, also an association that is not public. `may` says what the caller may do with it now.
-- Definer, because it reads shops, associations and tours; only the owner may execute it.
create or replace function app.collection_json(c app.collections) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    part text := app.part_in_collection(c);
    open boolean := c.status in ('requested', 'accepted', 'scheduled');
begin
    return (
        select jsonb_build_object(
            'id', c.id, 'status', c.status, 'asked_how', c.asked_how, 'carrier', c.carrier, 'cold', c.cold,
            'shop', case when s.id is not null then jsonb_build_object('id', s.id, 'name', s.name, 'address', s.address) end,
            'giver', case when g.id is not null then jsonb_build_object('id', g.id, 'name', g.name) end,
            'association', case when r.id is not null then jsonb_build_object('id', r.id, 'name', r.name) end,
            'from_point', c.from_point, 'to_point', c.to_point,
            'window_start', c.window_start, 'window_end', c.window_end,
            'time_zone', coalesce(s.time_zone, g.time_zone),
            'grams', c.grams, 'crates', c.crates, 'portions', c.portions, 'food_date_ends_at', c.food_date_ends_at,
            'notes', c.notes, 'reason', c.reason, 'reason_code', c.reason_code,
            'remainder_of', c.remainder_of,
            'created_at', c.created_at, 'changed_at', c.changed_at, 'version', c.version,
            'may', to_jsonb(array_remove(array[
                case when part in ('association', 'admin') and c.status = 'requested' then 'accept' end,
                case when part in ('association', 'admin') and c.status = 'requested' then 'refuse' end,
                case when part in ('association', 'admin') and open
                          or part in ('shop', 'giver') and c.status = 'requested' then 'postpone' end,
                case when part in ('association', 'admin', 'shop', 'giver') and open then 'cancel' end], null)),
            'items', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'id', i.id, 'lot_id', i.lot_id, 'title', i.title, 'category', i.category, 'grams', i.grams,
                    'crates', i.crates, 'portions', i.portions, 'date_kind', i.date_kind, 'food_date', i.food_date,
                    'food_date_ends_at', i.food_date_ends_at, 'batch', i.batch, 'gtin', i.gtin, 'cold', i.cold,
                    'taken_grams', i.taken_grams, 'taken_crates', i.taken_crates, 'taken_portions', i.taken_portions,
                    'accepted_grams', i.accepted_grams, 'accepted_crates', i.accepted_crates,
                    'accepted_portions', i.accepted_portions, 'refused_because', i.refused_because) order by i.lot_id is null, i.title, i.id), '[]')
                from app.collection_items i where i.collection_id = c.id))
        from (select 1) one
        left join app.shops s on s.id = c.shop_id
        left join app.associations g on g.id = c.giver_id
        left join app.associations r on r.id = c.association_id);
end $$;
