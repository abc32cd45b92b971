-- Lock a lot to end its reservations, in the order every act keeps: quota, lot, reservation, payment. Who reserved while
-- we waited for the lot may be reserving again and wait for it too: then we let go of everything and begin anew, so that
-- no two wait for each other. With a discounted lot goes the free one beside it, where its given portions are offered; the
-- discounted one first, as for all who need both.
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
            select l.* into locked from app.lots l where l.id = lot for update;
            perform from app.lots l where l.suspended_from = lot for update;
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
