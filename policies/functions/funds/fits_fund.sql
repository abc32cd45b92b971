-- Return whether a fund that is not settled yet pays for the food of a lot, by its day, its category and where its shop is.
-- Called by grant_closed. Only the owner may execute it.
create or replace function app.fits_fund(fund app.funds, lot app.lots, shop app.shops) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select fund.settled_at is null and fund.decided_at is not null
       and (lot.pickup_end at time zone shop.time_zone)::date between fund.first_day and coalesce(fund.ended_on, fund.last_day)
       and (fund.categories is null or lot.category = any (fund.categories))
       and app.shop_lies_in(shop.id, fund.territory_code, (lot.pickup_end at time zone shop.time_zone)::date)
$$;
