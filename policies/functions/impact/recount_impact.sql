-- Count all impact entries anew if the database was restored from a dump.
-- Called at the end of each migration, and by add_up_impact when it meets numbers from the future. In a restored
-- database transactions are numbered from the start again, and the old numbers would hide new entries.
-- Only the owner may execute it.
-- Locks: the entries from the future, then the row of totals and the figures of days.
create or replace function app.recount_impact() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.impact_totals t where t.counted_before > pg_current_xact_id())
       and not exists (select from app.impact_recorded e where e.written_by > pg_current_xact_id())
       and not exists (select from app.lot_ends e where e.written_by > pg_current_xact_id()) then
        return;
    end if;
    -- Handovers go on meanwhile. Transactions that are writing now are newer than the watermark that add_up_impact
    -- leaves, so their entries are counted next time.
    update app.impact_entries e set written_by = '1' where e.written_by > pg_current_xact_id();
    update app.collected_impact e set written_by = '1' where e.written_by > pg_current_xact_id();
    update app.lot_ends e set written_by = '1' where e.written_by > pg_current_xact_id();
    perform from app.impact_totals t for update;
    delete from app.figure_days;
    update app.impact_totals t
    set counted_before = '0', food_grams = 0, meals = 0, co2e_grams = 0, value_saved_cents = 0,
        recovered_by_shops_cents = 0, people_helped = 0;
    perform app.add_up_impact();
end $$;
