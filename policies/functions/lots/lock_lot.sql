-- Lock a lot and the free lot beside it, with the quotas of those who reserved, so that its reservations can be ended.
-- Called by withdraw_lot and end_recalled_lot. Definer, because it locks rows of others; only the owner may execute
-- it.
-- Locks: the holders' quotas in the order of account and day, the lot, then the free lot beside it (see
-- policies/LOCKS.md).
-- While we wait for the lot, somebody may reserve it whose quota we do not hold. They may be reserving again and
-- waiting for the lot too, so we must not wait for their quota: we let go of everything and begin anew.
create or replace function app.lock_lot(lot uuid) returns app.lots
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    locked app.lots;
    lots   uuid[];
begin
    loop
        begin
            lots := array(select l.id from app.lots l where l.id = lot or l.suspended_from = lot);
            perform from app.free_portions f
            where (f.account_id, f.day) in (
                select r.account_id, r.quota_day from app.reservations r
                where r.lot_id = any (lots) and r.status in ('held', 'confirmed') and r.quota_day is not null)
            order by f.account_id, f.day for update;
            perform from app.lot_stock s where s.lot_id = lot for update;
            select l.* into locked from app.lots l where l.id = lot;
            perform from app.lots l join app.lot_stock s on s.lot_id = l.id where l.suspended_from = lot for update of s;
            lots := array(select l.id from app.lots l where l.id = lot or l.suspended_from = lot);
            perform from app.free_portions f
            where (f.account_id, f.day) in (
                select r.account_id, r.quota_day from app.reservations r
                where r.lot_id = any (lots) and r.status in ('held', 'confirmed') and r.quota_day is not null)
            for update nowait;
            return locked;
        exception when lock_not_available then
            null;
        end;
    end loop;
end $$;
