-- Who waits for a lot and may have portions of it now, in the order in which they are offered: as they came, and no more
-- of them than there are portions; or with a seed all, who received least lately first, then at random: by
-- sha256(seed || id of the waiting entry), which anybody can compute again. Who may have nothing now is passed over and
-- keeps their place.
create or replace function app.line(lot app.lots, seed bytea)
returns table (waiting uuid, most int, portions_lately int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if seed is null then
        return query
            select c.id, c.most, null::int
            from (select w.id, w.ticket, app.allowance(lot, w.account_id, w.quantity) as most
                  from app.waiting w where w.lot_id = lot.id and w.status = 'waiting') c
            where c.most > 0 order by c.ticket limit lot.remaining;
    else
        return query
            select c.id, c.most, c.lately
            from (select w.id, app.allowance(lot, w.account_id, w.quantity) as most,
                         app.portions_lately(w.account_id) as lately
                  from app.waiting w where w.lot_id = lot.id and w.status = 'waiting' offset 0) c
            where c.most > 0 order by c.lately, sha256(seed || uuid_send(c.id));
    end if;
end $$;
