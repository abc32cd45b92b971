-- Who waits for a lot and may have portions of it now, in the order in which they are offered: as they came, or with a
-- seed who received least lately first, then at random: by sha256(seed || id of the waiting entry), which anybody can
-- compute again. Who has no quota left today, or no current right, is passed over and keeps their place. What somebody
-- has been offered elsewhere counts as if it were taken: nobody keeps more portions waiting than they may have.
create or replace function app.line(lot app.lots, seed bytea)
returns table (waiting uuid, most int, portions_lately int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select c.id, c.most, c.lately
        from (
            select w.id, w.ticket,
                   case when lot.kind = 'free' then least(w.quantity, app.daily_quota(w.account_id)
                       - coalesce((select f.taken from app.free_portions f
                                   where f.account_id = w.account_id and f.day = app.paris_day(app.clock())), 0)
                       - coalesce((select sum(o.offered)::int from app.waiting o join app.lots y on y.id = o.lot_id
                                   where o.account_id = w.account_id and o.status = 'offered' and y.kind = 'free'), 0))
                   else w.quantity end as most,
                   case when seed is not null then app.portions_lately(w.account_id) end as lately
            from app.waiting w join app.accounts a on a.id = w.account_id
            where w.lot_id = lot.id and w.status = 'waiting' and a.status = 'active'
              and (lot.kind = 'discounted' or app.is_current_beneficiary(w.account_id))) c
        where c.most > 0
        order by c.lately, case when seed is not null then sha256(seed || uuid_send(c.id)) end, c.ticket;
end $$;
