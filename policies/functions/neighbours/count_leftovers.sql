-- Count again what the next `most` verified shops after an id regularly leave, and return the last one's id; null after the
-- last shop.
-- Called by the worker's nightly job neighbours.count_leftovers. Regular is what the shop left on at least 4 days of that
-- weekday in 8 weeks, at least 500 g of it by the median, and only of a shop that had lots in the first of these weeks: so a
-- quantity always stands for 8 weeks, and nobody reads a single day from it.
-- Definer, because it sums everybody's reservations; only the worker may execute it.
-- Locks: the rows of one shop after the other, in the order of their ids.
create or replace function app.count_leftovers(after uuid, most int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    one     record;
    counted uuid;
begin
    delete from app.shop_leftovers l using app.shops s where after is null and s.id = l.shop_id and s.status <> 'verified';
    for one in select s.id, s.time_zone from app.shops s
               where s.status = 'verified' and (after is null or s.id > after) order by s.id limit most loop
        delete from app.shop_leftovers l where l.shop_id = one.id;
        if exists (select from app.lots l where l.shop_id = one.id and l.status = 'ended'
                     and l.pickup_end between moment - interval '56 days' and moment - interval '49 days') then
            insert into app.shop_leftovers (shop_id, weekday, category, grams)
            select one.id, u.weekday, u.category, u.grams from app.leftovers_of(one.id, one.time_zone, moment) u
            where u.days >= 4 and u.grams >= 500
            on conflict do nothing;
        end if;
        counted := one.id;
    end loop;
    return counted;
end $$;
grant execute on function app.count_leftovers(uuid, int) to ecopanier_worker;
