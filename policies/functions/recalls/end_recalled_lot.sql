-- End the open reservations of a recalled lot and tell people of it: holders, also those who have the food already, and
-- those who can speak to holders without a confirmed address.
-- Called by the worker's job recalls.end_lot, one per lot of a recall.
-- Holders get portions, quota and money back; food that was picked up stays picked up. The free lot beside a
-- discounted one ends with it, and donors get back what was not collected. Running it again ends nothing twice.
-- Definer, because it writes everybody's reservations; only the worker may execute it.
-- Locks: quotas, the lot and the free lot beside it (lock_lot), reservations and payments (end_reservation), then the
-- gifts (close_suspended).
create or replace function app.end_recalled_lot(recall uuid, lot uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    recalled    app.lots := app.lock_lot(lot);
    beside      uuid := (select l.id from app.lots l where l.suspended_from = lot);
    reservation uuid;
    collects    boolean;
    told        uuid[] := '{}';
    supporter   record;
begin
    if recalled.status = 'recalled' then
        for reservation, collects in
            select r.id, r.purpose = 'collect' from app.reservations r
            where r.lot_id in (lot, beside) and (r.status = 'held' or r.status = 'confirmed' and r.purpose = 'collect')
            order by r.id
        loop
            if app.end_reservation(reservation, 'cancelled', 'recalled', true, true) and collects then
                told := told || reservation;
            end if;
        end loop;
        -- `lot` itself, if the free lot is recalled alone because the discounted one is over already.
        perform app.close_suspended(coalesce(beside, lot), false);
    end if;
    -- Looked for last, because a reservation that was being handed over when we came is picked up by now.
    told := told || array(
        select r.id from app.reservations r where r.lot_id = lot and r.status = 'picked_up' order by r.id);

    perform app.tell_of_recall(recall, r.id) from app.reservations r where r.id = any (told) order by r.id;
    for supporter in
        select distinct r.lot_id, s.id
        from app.reservations r
        cross join app.supporters_of(r.account_id) as s (id)
        where r.id = any (told) and not exists (
            select from app.sealed_addresses a where a.account_id = r.account_id and a.verified_at is not null)
        order by r.lot_id, s.id
    loop
        perform app.tell_supporter(recall, supporter.lot_id, supporter.id);
    end loop;
end $$;
grant execute on function app.end_recalled_lot(uuid, uuid) to ecopanier_worker;
