-- Add the impact entries of handovers and collections written since the last time to the totals, and with the ends of lots
-- to the figures of their days.
-- Called by the worker every 5 seconds, and by recount_impact.
-- The watermark is a transaction, not an id. Everything before the oldest running transaction is committed or gone, so
-- no entry can appear behind the watermark later.
-- Definer, because nobody may write the totals; only the worker may execute it.
-- Locks: the row of totals, then figures of days, which nobody else writes without it.
create or replace function app.add_up_impact() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    start  xid8;
    before xid8;
begin
    select t.counted_before into strict start from app.impact_totals t for update;
    before := pg_snapshot_xmin(pg_current_snapshot());
    if before < start then
        -- The database was restored from a dump and has not been migrated since: transactions are numbered anew.
        perform app.recount_impact();
        return;
    end if;
    -- This is a new statement, so its snapshot is at least as new as the watermark.
    update app.impact_totals t
    set counted_before = before,
        food_grams = t.food_grams + n.food_grams, meals = t.meals + n.meals, co2e_grams = t.co2e_grams + n.co2e_grams,
        value_saved_cents = t.value_saved_cents + n.value_saved_cents,
        recovered_by_shops_cents = t.recovered_by_shops_cents + n.recovered_by_shops_cents,
        people_helped = t.people_helped + n.people_helped
    from (select coalesce(sum(e.food_grams), 0) food_grams, coalesce(sum(e.meals), 0) meals,
                 coalesce(sum(e.co2e_grams), 0) co2e_grams, coalesce(sum(e.value_saved_cents), 0) value_saved_cents,
                 coalesce(sum(e.recovered_by_shops_cents), 0) recovered_by_shops_cents,
                 coalesce(sum(e.people_helped), 0) people_helped
          from app.impact_recorded e where e.written_by >= start and e.written_by < before) n
    where before > start;
    insert into app.figure_days as d
    select * from app.figure_sums(start, before)
    on conflict (day, shop_id, category) do update
    set lots = d.lots + excluded.lots, offered = d.offered + excluded.offered, unsold = d.unsold + excluded.unsold,
        handovers = d.handovers + excluded.handovers, collected = d.collected + excluded.collected,
        given = d.given + excluded.given, food_grams = d.food_grams + excluded.food_grams,
        meals = d.meals + excluded.meals, co2e_grams = d.co2e_grams + excluded.co2e_grams,
        value_saved_cents = d.value_saved_cents + excluded.value_saved_cents,
        recovered_by_shops_cents = d.recovered_by_shops_cents + excluded.recovered_by_shops_cents,
        collections = d.collections + excluded.collections, donated_grams = d.donated_grams + excluded.donated_grams,
        metres = d.metres + excluded.metres;
end $$;
grant execute on function app.add_up_impact() to ecopanier_worker;
