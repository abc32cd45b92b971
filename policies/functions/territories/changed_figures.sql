-- Return the figures of published days that differ from what the entries say, each with a release of which it is a part: the
-- newest of its day, and of its month if that is published. Days before those that can be counted anew are left out.
-- Called by `ecopanier figures correct`. Definer, because nobody is granted the tables; only the worker may execute it.
create or replace function app.changed_figures()
returns table (release_id bigint, kind text, first_day date, last_day date, day date, shop_id uuid, category text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with differing as (
        select day, shop_id, category
        from (select * from app.figure_days x where x.day >= app.first_countable_day()) d
        full join app.figure_sums('0', (select t.counted_before from app.impact_totals t), app.first_countable_day()) n
            using (day, shop_id, category)
        where d is distinct from n
    )
    select r.id, r.kind, r.first_day, r.last_day, x.day, x.shop_id, x.category
    from differing x
    join app.releases r on r.first_day <= x.day and r.last_day >= x.day
    where not exists (select from app.releases c where c.corrects = r.id)
    order by r.last_day - r.first_day, r.first_day, x.day, x.shop_id, x.category
$$;
grant execute on function app.changed_figures() to ecopanier_worker;
