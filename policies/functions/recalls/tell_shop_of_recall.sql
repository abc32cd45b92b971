-- Tell the owners of a shop which of their lots are recalled and what to do; once a recall. At most 20 lots are named,
-- those with the latest pickup first.
-- Called by the worker's job recalls.tell_shop, which issue_recall queues for each shop.
-- Definer, because it reads everybody's lots; only the worker may execute it.
create or replace function app.tell_shop_of_recall(recall uuid, shop uuid, lots uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    most_named constant int := 20;
    named jsonb := (
        select jsonb_agg(app.lot_told(n.id) order by n.pickup_start desc, n.id)
        from (select l.id, l.pickup_start from app.lots l where l.id = any (lots)
              order by l.pickup_start desc, l.id limit most_named) n);
    found int := (select count(*) from app.lots l where l.id = any (lots));
begin
    if named is null or app.recall_told(recall) is null then return; end if;
    perform app.tell_shop(shop, 'recall_for_shop',
                          app.recall_told(recall)
                              || jsonb_build_object('lots', named, 'more', greatest(found - most_named, 0)),
                          recall || ' ' || shop);
end $$;
grant execute on function app.tell_shop_of_recall(uuid, uuid, uuid[]) to ecopanier_worker;
