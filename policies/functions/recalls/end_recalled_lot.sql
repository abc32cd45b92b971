-- End the open reservations of a recalled lot and queue the mails about it: to holders, also those who have the food
-- already, and to those who can speak to holders without a confirmed address.
-- Called by the worker's job recalls.end_lot, one per lot of a recall.
-- Holders get portions, quota and money back; food that was picked up stays picked up. The free lot beside a
-- discounted one ends with it, and donors get back what was not collected. Running it again ends nothing twice.
-- Each address of a holder has a job of its own, so that one that does not answer delays no other: a beneficiary may
-- have an address of their own and another that their association wrote down.
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
    job         record;
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

    for job in
        select r.id, address
        from app.reservations r
        join app.accounts a on a.id = r.account_id and a.status <> 'erased'
        cross join unnest(case a.role when 'beneficiary' then '{own,enrolled}' else '{own}' end::text[]) as address
        where r.id = any (told)
        order by r.id, address desc
    loop
        perform app.defer('recalls.tell_holder', jsonb_build_object(
            'recall_id', recall, 'reservation_id', job.id, 'address', job.address));
    end loop;
    for job in
        select distinct r.lot_id, s.id as supporter
        from app.reservations r
        cross join app.supporters_of(r.account_id) as s (id)
        where r.id = any (told) and not exists (
            select from app.sealed_addresses a where a.account_id = r.account_id and a.verified_at is not null)
        order by r.lot_id, s.id
    loop
        perform app.defer('recalls.tell_supporter', jsonb_build_object(
            'recall_id', recall, 'lot_id', job.lot_id, 'supporter_id', job.supporter));
    end loop;
end $$;
grant execute on function app.end_recalled_lot(uuid, uuid) to ecopanier_worker;
