-- Return who waits for a lot and may have portions of it now, in the order in which they are offered.
-- Called by hand_on and lapse_offers. Without a seed the order is that of arrival, and no more entries are returned
-- than there are portions. With a seed all entries are returned: those who received fewest portions lately come first,
-- then at random by sha256(seed || id of the entry), which anybody can compute again. Those who may have nothing now
-- are passed over and keep their place. Only the owner may execute it.
create or replace function app.line(lot app.lots, seed bytea)
returns table (waiting uuid, most int, portions_lately int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    remaining int := (select s.remaining from app.lot_stock s where s.lot_id = lot.id);
begin
    if seed is null then
        return query
            select c.id, c.most, null::int
            from (select w.id, w.ticket, app.allowance(lot, remaining, w.account_id, w.quantity) as most
                  from app.waiting w where w.lot_id = lot.id and w.status = 'waiting') c
            where c.most > 0 order by c.ticket limit remaining;
    else
        return query
            select c.id, c.most, c.lately
            from (select w.id, app.allowance(lot, remaining, w.account_id, w.quantity) as most,
                         app.portions_lately(w.account_id) as lately
                  from app.waiting w where w.lot_id = lot.id and w.status = 'waiting' offset 0) c
            where c.most > 0 order by c.lately, sha256(seed || uuid_send(c.id));
    end if;
end $$;
