-- Return the sums by shop, day and category of what transactions from `start` up to, without, `before` wrote; the day in
-- Paris, from `since` to `until` only if these are given.
-- Called by add_up_impact, rebuild_figures and the functions of corrections. Definer, because entries are personal; only the
-- owner may execute it.
create or replace function app.figure_sums(start xid8, before xid8, since date default null, until date default null)
returns setof app.figure_days
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select f.day, f.shop_id, f.category, sum(f.lots)::int, sum(f.offered)::int, sum(f.unsold)::int, sum(f.handovers)::int,
           sum(f.collected)::int, sum(f.given)::int, sum(f.food_grams)::bigint, sum(f.meals), sum(f.co2e_grams)::bigint,
           sum(f.value_saved_cents)::bigint, sum(f.recovered_by_shops_cents)::bigint, sum(f.collections)::int,
           sum(f.donated_grams)::bigint, sum(f.metres)::bigint
    from app.figure_facts f
    where f.written_by >= start and f.written_by < before
      and (since is null or f.day >= since) and (until is null or f.day <= until)
    group by f.day, f.shop_id, f.category
    order by f.day, f.shop_id, f.category
$$;
