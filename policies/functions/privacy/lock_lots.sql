-- Lock several lots, with the quotas of those who reserved, so that reservations of all of them can be ended.
-- Called by erase_account. Definer, because it locks rows of others; only the owner may execute it.
-- Locks: the holders' quotas in the order of account and day, then the lots in the order of ids (see
-- policies/LOCKS.md). Like lock_lot, it begins anew if somebody reserved in between.
create or replace function app.lock_lots(lots uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    loop
        begin
            perform from app.free_portions f
            where (f.account_id, f.day) in (
                select r.account_id, r.quota_day from app.reservations r
                where r.lot_id = any (lots) and r.status in ('held', 'confirmed') and r.quota_day is not null)
            order by f.account_id, f.day for update;
            perform from app.lot_stock s where s.lot_id = any (lots) order by s.lot_id for update;
            perform from app.free_portions f
            where (f.account_id, f.day) in (
                select r.account_id, r.quota_day from app.reservations r
                where r.lot_id = any (lots) and r.status in ('held', 'confirmed') and r.quota_day is not null)
            for update nowait;
            return;
        exception when lock_not_available then
            null;
        end;
    end loop;
end $$;
