-- Cancel collections that have recalled food in them and that nobody has taken yet; return how many.
-- Called by the worker every 5 seconds, so that no recall misses one, whichever way it came. What was taken already is frozen
-- where it is.
-- Definer, because it writes everybody's collections; only the worker may execute it.
-- Locks: those of end_collections.
create or replace function app.cancel_recalled_collections() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return app.end_collections(array(
        select distinct c.id from app.collections c join app.collection_items i on i.collection_id = c.id
        left join app.lots l on l.id = i.lot_id
        where c.status in ('requested', 'accepted', 'scheduled')
          and (l.status = 'recalled' or i.gtin is not null and app.is_recalled(i.gtin, i.batch, i.food_date, true))),
        'recalled');
end $$;
grant execute on function app.cancel_recalled_collections() to ecopanier_worker;
