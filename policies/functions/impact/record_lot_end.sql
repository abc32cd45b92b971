-- Trigger: note what became of a lot when it ends, with the free lot beside it: a suspended portion is one like any other.
-- Fires after an update of a lot's status (policies/tables/lots.sql), under the lot's lock. Locks: none.
-- A withdrawn lot counts with what had been collected of it, because its rest was not offered in the end. What a collection
-- has is not unsold. It counts on the day in Paris on which its window ended, or was withdrawn; today once that day's
-- figures are published.
-- Definer, because nobody may write these rows and reservations are personal.
create or replace function app.record_lot_end() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today   date := app.paris_day(app.clock());
    ended   date := app.paris_day(least(app.clock(), new.pickup_end - interval '1 microsecond'));
    taken   int;
    carried int := 0;
begin
    if exists (select from app.releases r where r.kind = 'day' and r.first_day = ended) then ended := today; end if;
    select coalesce(sum(r.quantity), 0) into taken
    from app.lots o join app.reservations r on r.lot_id = o.id
    where (o.id = new.id or o.suspended_from = new.id) and r.status = 'picked_up' and r.purpose = 'collect';
    if new.status = 'ended' then
        select coalesce(sum(coalesce(i.taken_portions, i.portions)), 0) into carried
        from app.collection_items i join app.collections c on c.id = i.collection_id
        where i.lot_id = new.id and c.status not in ('refused', 'cancelled', 'failed');
    end if;
    insert into app.lot_ends (lot_id, shop_id, category, day, offered, unsold)
    values (new.id, new.shop_id, new.category, ended,
            case new.status when 'withdrawn' then taken else new.quantity end,
            case new.status when 'withdrawn' then 0 else greatest(0, new.quantity - taken - carried) end)
    on conflict (lot_id) do nothing;
    return null;
end $$;
