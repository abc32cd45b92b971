-- Return what is printed on the slip of a collection, as it is now: parties, agreement, each item asked, taken and accepted,
-- temperatures, times and signatures.
-- Called by slip_of. Definer, because it reads steps for whoever may see the slip; only the owner may execute it.
create or replace function app.slip_contents(collection uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return (
        select jsonb_build_object(
            'reference', upper(right(c.id::text, 12)), 'received', c.status = 'received',
            'time_zone', coalesce(a.time_zone, app.zone_of(null)), 'printed_at', coalesce(c.received_at, app.clock()),
            'giver', app.party_of_point(c.shop_id, c.giver_id), 'receiver', app.party_of_point(null, c.association_id),
            'agreement_signed_on', (
                select g.signed_on from app.agreements g
                where g.shop_id = c.shop_id and g.association_id = c.association_id and g.status = 'confirmed' limit 1),
            'agreement', (
                select upper(right(g.id::text, 12)) from app.agreements g
                where g.shop_id = c.shop_id and g.association_id = c.association_id and g.status = 'confirmed' limit 1),
            'place', p.name, 'place_address', p.address, 'asked_at', c.created_at,
            'taken_at', (select max(s.at) from app.tour_steps s where s.kind = 'taken' and s.id in (
                             select e.source from app.custody_entries e where e.collection_id = c.id and e.kind = 'taken')),
            'left_at', (select max(s.at) from app.tour_steps s where s.kind = 'left' and s.id in (
                            select e.source from app.custody_entries e where e.collection_id = c.id and e.kind = 'left')),
            'received_at', c.received_at, 'received_degrees', c.received_degrees, 'notes', c.notes,
            'items', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'title', i.title, 'batch', i.batch, 'date_kind', i.date_kind, 'food_date', i.food_date,
                    'offered', jsonb_build_object('grams', i.grams, 'crates', i.crates, 'portions', i.portions),
                    'taken', jsonb_build_object('grams', i.taken_grams, 'crates', i.taken_crates,
                                                'portions', i.taken_portions),
                    'accepted', jsonb_build_object('grams', i.accepted_grams, 'crates', i.accepted_crates,
                                                   'portions', i.accepted_portions),
                    'refused_because', i.refused_because) order by i.title, i.id), '[]')
                from app.collection_items i where i.collection_id = c.id),
            'readings', (
                select coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'degrees', e.content -> 'degrees', 'kind', e.kind)
                                          order by e.at, e.number), '[]')
                from app.custody_entries e
                where e.collection_id = c.id and e.content ? 'degrees' and e.kind <> 'received'
                  and not exists (select from app.custody_entries x
                                  where x.collection_id = c.id and x.content ->> 'corrects' = e.source::text)),
            'signatures', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'by', s.details #>> '{signature,by}', 'name', s.details #>> '{signature,name}', 'at', s.at,
                    'strokes', s.details #> '{signature,strokes}') order by s.at, s.id), '[]')
                from app.custody_entries e join app.tour_steps s on s.id = e.source
                where e.collection_id = c.id and e.kind = 'signature'))
        from app.collections c
        join app.collection_points p on p.id = c.from_point
        left join app.associations a on a.id = c.association_id
        where c.id = slip_contents.collection);
end $$;
