-- Trigger: keep beside a lot's food date the moment at which that day ends where the shop is.
-- Fires before a lot is inserted and before its shop or its date is changed, whoever does it (policies/tables/lots.sql).
-- It comes before guard_lot, which reads the zone once more under the shop's lock when the lot is published.
-- Definer, because it reads the shop whoever writes the lot.
create or replace function app.date_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.food_date_ends_at := app.end_of_day(
        new.food_date, (select s.time_zone from app.shops s where s.id = new.shop_id));
    return new;
end $$;
