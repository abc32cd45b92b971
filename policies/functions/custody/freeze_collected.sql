-- Freeze what was or will be collected of recalled food: items of recalled lots, and items with the recalled trade number and
-- batch. Nobody can receive them any more; the chain of custody says so, and everyone in the collection is told who holds
-- them: who gives, the collector under way, or the association. What was received and may still be eaten is told too.
-- Called by freeze_recalled. Definer, because it reads everybody's collections; only the owner may execute it.
-- Locks: the collections in the order of ids, the heads of their chains; after the lots.
create or replace function app.freeze_collected(recall uuid, lots uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment   timestamptz := app.clock();
    r        app.recalls;
    found_in record;
    holder   text;
begin
    select x.* into r from app.recalls x where x.id = freeze_collected.recall;
    for found_in in
        select c.* from app.collections c
        where c.id in (select i.collection_id from app.collection_items i
                       where (i.lot_id = any (lots) or i.gtin = r.gtin and app.same_batch(r.batch, i.batch))
                         and not (i.date_kind = 'use_by' and i.food_date_ends_at < moment - interval '3 days'))
          and (c.status in ('requested', 'accepted', 'scheduled', 'taken', 'delivered')
               or c.status = 'received' and c.received_at > moment - interval '1 year')
        order by c.id for update
    loop
        holder := case when found_in.status in ('requested', 'accepted', 'scheduled') then 'giver'
                       when found_in.status = 'taken' then 'collector' else 'association' end;
        update app.collection_items i set frozen_because = 'recalled', frozen_at = moment
        where i.collection_id = found_in.id and (i.lot_id = any (lots) or i.gtin = r.gtin and app.same_batch(r.batch, i.batch))
          and i.frozen_because is distinct from 'recalled';
        perform app.add_custody(found_in.id, 'recalled', recall, moment, jsonb_build_object('held_by', holder, 'items', (
            select jsonb_agg(jsonb_build_object('item_id', i.id) order by i.id) from app.collection_items i
            where i.collection_id = found_in.id and i.frozen_because = 'recalled' and i.frozen_at = moment)));
        perform app.tell_of_collection(found_in.id, 'collection_recalled', app.recall_told(recall) || jsonb_build_object(
            'held_by', holder, 'foods', (
                select jsonb_agg(distinct i.title) from app.collection_items i
                where i.collection_id = found_in.id
                  and (i.lot_id = any (lots) or i.gtin = r.gtin and app.same_batch(r.batch, i.batch)))));
    end loop;
end $$;
