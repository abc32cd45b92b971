-- Return the figures of one shop, or (null) of all with what happened on the platform besides, as JSON: the total of a
-- period, the same for as many days before it, and one row a day, week (from Monday) or month. Rows at either end of
-- the period are cut off there.
-- Called by shop_figures and admin_figures, which check the caller. Days are those of `zone`. By default the period is
-- the last 30 days that are over. Raises `figures.period_invalid` unless it consists of at most 400 days that are over
-- and begins in 2020 or later.
-- Definer, because reservations and entries are personal; only the owner may execute it.
create or replace function app.figures(only_shop uuid, zone text, since date, until date, step text) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan as $$
declare
    today constant date := app.local_day(app.clock(), zone);
    days  int;
begin
    if step is null or step not in ('day', 'week', 'month')
       or since < '2020-01-01' or until < '2020-01-01' or until >= today or since >= today then
        raise exception 'figures.period_invalid' using errcode = 'EP422';
    end if;
    until := coalesce(until, today - 1);
    since := coalesce(since, until - 29);
    days := until - since + 1;
    if days not between 1 and 400 then raise exception 'figures.period_invalid' using errcode = 'EP422'; end if;

    return (
        with calendar as (
            select g.day::date as day, g.day::date < since as earlier, date_trunc(step, g.day) as part
            from generate_series((since - days)::timestamp, until::timestamp, interval '1 day') g (day)
        ), sums as (
            select grouping(c.part) = 1 as whole, c.earlier, min(c.day) as "from", max(c.day) as "to",
                   coalesce(sum(f.offered), 0) as offered, coalesce(sum(f.reserved), 0) as reserved,
                   coalesce(sum(f.collected), 0) as collected, coalesce(sum(f.offered - f.collected), 0) as lost,
                   coalesce(sum(f.revenue_cents), 0) as revenue_cents,
                   coalesce(sum(f.value_saved_cents), 0) as value_saved_cents,
                   coalesce(round(sum(f.food_grams) / 1000, 1), 0) as food_kg,
                   coalesce(round(sum(f.co2e_grams) / 1000, 1), 0) as co2e_kg,
                   case when only_shop is null then coalesce(sum(f.reserved - f.collected), 0) end as no_shows,
                   case when only_shop is null then jsonb_build_object(
                       'customer', coalesce(sum(o.new_customers), 0), 'merchant', coalesce(sum(o.new_merchants), 0),
                       'beneficiary', coalesce(sum(o.new_beneficiaries), 0),
                       'collector', coalesce(sum(o.new_collectors), 0),
                       'association', coalesce(sum(o.new_associations), 0),
                       'admin', coalesce(sum(o.new_admins), 0)) end as new_accounts,
                   case when only_shop is null then coalesce(sum(o.shops_verified), 0) end as shops_verified,
                   case when only_shop is null then coalesce(sum(o.mails_failed), 0) end as mails_failed,
                   case when only_shop is null then coalesce(sum(o.reports), 0) end as reports
            from calendar c
            left join app.figures_by_day(only_shop, zone, since - days, until) f on f.day = c.day
            left join app.operations_by_day(case when only_shop is null then since - days end, until) o on o.day = c.day
            group by grouping sets ((c.earlier), (c.earlier, c.part))
        ), told as (
            select s.whole, s.earlier, s."from",
                   jsonb_strip_nulls(to_jsonb(s)) - array['whole', 'earlier'] as figures
            from sums s
        )
        select jsonb_build_object(
            'from', since, 'to', until, 'by', step, 'time_zone', zone,
            'method', (select f.method from app.impact_factors f where f.category is null
                       order by f.valid_from desc, f.id desc limit 1),
            'total', (select t.figures from told t where t.whole and not t.earlier),
            'before', (select t.figures from told t where t.whole and t.earlier),
            'rows', (select jsonb_agg(t.figures order by t."from") from told t where not t.whole and not t.earlier)));
end $$;
