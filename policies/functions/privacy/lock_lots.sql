-- Lock several lots to end reservations of all of them, in the order every act keeps: the quotas of their holders, then the
-- lots. As lock_lot, which see, begins anew when somebody came in between.
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
            perform from app.lots l where l.id = any (lots) order by l.id for update;
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
