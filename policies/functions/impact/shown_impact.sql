-- Return what a shop chooses to show of its impact, as JSON; null if it shows nothing or too few people stand behind it.
-- Called by GET and PATCH /v1/shops/{shop_id}, for anybody.
-- It is the sum of whole months that are over where the shop is, in whole tens. A month counts if at least 11 people
-- stand behind it and none of them has more than 85 % of its food. Without money or people helped: they would tell what
-- part of it was free. Rounded, because others' figures may be subtracted from it: the platform's series less the shops
-- that show theirs would else tell about the few who are left.
-- Definer, because an entry tells who collected; only sums leave.
create or replace function app.shown_impact(shop uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    zone text;
    over timestamptz;
begin
    select s.time_zone into zone from app.shops s where s.id = shop and s.status = 'verified' and s.shows_impact;
    if not found then return null; end if;
    -- An hour later no handover that began in the month is still being written.
    over := date_trunc('month', (app.clock() - interval '1 hour') at time zone zone) at time zone zone;
    return (
        select case when count(*) > 0 then json_build_object(
            'from', to_char(min(m.month), 'YYYY-MM'), 'to', to_char(max(m.month), 'YYYY-MM'),
            'meals', round(sum(m.meals), -1)::bigint,
            'food_kg', round(sum(m.food_grams) / 1000, -1)::bigint,
            'co2e_kg', round(sum(m.co2e_grams) / 1000, -1)::bigint,
            'method', (select f.method from app.impact_factors f where f.category is null
                       order by f.valid_from desc, f.id desc limit 1)) end
        from (
            select p.month, sum(p.meals) as meals, sum(p.food_grams) as food_grams, sum(p.co2e_grams) as co2e_grams
            from (
                select date_trunc('month', e.recorded_at at time zone zone) as month, e.account_id, sum(e.meals) as meals,
                       sum(e.food_grams)::numeric as food_grams, sum(e.co2e_grams) as co2e_grams
                from app.impact_recorded e where e.shop_id = shop and e.recorded_at < over
                group by 1, 2) p
            group by p.month
            having count(p.account_id) >= 11
               and max(p.food_grams) filter (where p.account_id is not null)
                   <= 0.85 * sum(p.food_grams) filter (where p.account_id is not null)) m);
end $$;
grant execute on function app.shown_impact(uuid) to anon, authenticated;
