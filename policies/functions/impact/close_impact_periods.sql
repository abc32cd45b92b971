-- Add the periods of the impact series that are over; return how many.
-- Called by the worker's hourly job impact.close_periods.
-- A period is one month in Paris. A month with fewer than 11 people or 3 shops behind it, or in which one of them
-- has more than 85 % of the food, is no period of its own: it waits and is published together with the month after it.
-- Left out, it could be computed from the public total and the other months. What was published never changes.
-- A month is closed an hour after its end, when no handover that began in it is still being written.
-- Definer, because entries are personal; only the worker may execute it.
-- Locks: an advisory lock, or it returns 0 at once; then the rows that it inserts.
create or replace function app.close_impact_periods() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    now_month   date := date_trunc('month', (app.clock() - interval '1 hour') at time zone 'Europe/Paris');
    first_month date;
    last_month  date;
    period      record;
    closed      int := 0;
begin
    if not pg_try_advisory_xact_lock(hashtext('close_impact_periods')) then return 0; end if;
    select p.last_month + interval '1 month' into first_month
    from app.impact_periods p order by p.first_month desc limit 1;
    if first_month is null then
        select date_trunc('month', min(e.recorded_at) at time zone 'Europe/Paris') into first_month
        from app.impact_recorded e;
    end if;

    last_month := first_month;
    while last_month < now_month loop
        with entries as (
            select e.* from app.impact_recorded e
            where e.recorded_at >= first_month::timestamp at time zone 'Europe/Paris'
              and e.recorded_at < (last_month + interval '1 month') at time zone 'Europe/Paris'
        )
        select count(e.account_id) as handovers, sum(e.food_grams) as food_grams, sum(e.meals) as meals,
               sum(e.co2e_grams) as co2e_grams, sum(e.value_saved_cents) as value_saved_cents,
               sum(e.recovered_by_shops_cents) as recovered_by_shops_cents, sum(e.people_helped) as people_helped,
               count(distinct e.account_id) >= 11
               and count(distinct e.shop_id) filter (where e.account_id is not null) >= 3
               and (select max(s.food_grams) from (select sum(x.food_grams) as food_grams from entries x
                                                   group by x.shop_id) s) <= 0.85 * sum(e.food_grams)
               -- Collections have nobody behind them, so they hide nobody either: handovers alone must be enough.
               and (select max(s.food_grams) from (select sum(x.food_grams) as food_grams from entries x
                                                   where x.account_id is not null group by x.shop_id) s)
                   <= 0.85 * sum(e.food_grams) filter (where e.account_id is not null)
               and (select max(a.food_grams) from (select sum(x.food_grams) as food_grams from entries x
                                                   where x.account_id is not null group by x.account_id) a)
                   <= 0.85 * sum(e.food_grams) filter (where e.account_id is not null) as is_large
        into period from entries e;
        if period.is_large then
            insert into app.impact_periods
                (first_month, last_month, handovers, food_grams, meals, co2e_grams, value_saved_cents,
                 recovered_by_shops_cents, people_helped)
            values (first_month, last_month, period.handovers, period.food_grams, period.meals, period.co2e_grams,
                    period.value_saved_cents, period.recovered_by_shops_cents, period.people_helped);
            closed := closed + 1;
            first_month := last_month + interval '1 month';
        end if;
        last_month := last_month + interval '1 month';
    end loop;
    return closed;
end $$;
grant execute on function app.close_impact_periods() to ecopanier_worker;
