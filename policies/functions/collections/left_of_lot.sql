-- Return how many portions of a lot nobody has, and a collection may take: what remains while it is on offer; once it is
-- over, what nobody collected and no other collection has or had.
-- Called by make_collection and unsold_lots, under the lock of the lot's stock where the number decides.
-- Portions that were given to others out of the lot are among those that nobody collected.
-- Definer, because it reads everybody's reservations; only the owner may execute it.
create or replace function app.left_of_lot(lot app.lots) returns int
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    if lot.status in ('published', 'paused') and lot.pickup_end > app.clock() then
        return (select k.remaining from app.lot_stock k where k.lot_id = lot.id);
    elsif lot.status = 'ended' then
        return greatest(0, lot.quantity
            - (select coalesce(sum(r.quantity), 0) from app.lots o join app.reservations r on r.lot_id = o.id
               where (o.id = lot.id or o.suspended_from = lot.id) and r.status = 'picked_up' and r.purpose = 'collect')
            - (select coalesce(sum(coalesce(i.taken_portions, i.portions)), 0)
               from app.collection_items i join app.collections c on c.id = i.collection_id
               where i.lot_id = lot.id and c.status not in ('refused', 'cancelled', 'failed')));
    end if;
    return 0;
end $$;
