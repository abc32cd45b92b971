-- Return the legal temperatures of an item of a collection on a day, with what is tolerated at a handover; null: no limit on
-- that side. Where nobody said which kind of food it is, it follows from how cold the item must be and from its category;
-- chilled food of a category that does not tell counts as very perishable, the strictest kind of raw food. So do bread and
-- vegetables, which are chilled once they are filled with cream or cut.
-- Called by steps_of_tour and receive_collection. Definer, because they read for everybody; only the owner may execute it.
create or replace function app.temperature_limit_of(
    i app.collection_items, day date, out lowest numeric, out highest numeric)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    wanted text := coalesce(i.temperature_kind, case i.cold
        when 'frozen' then 'deep_frozen'
        when 'chilled' then case
            when i.category in ('dairy', 'cheese', 'drinks', 'grocery', 'canned') then 'perishable'
            when i.category in ('prepared_meals', 'caterer') then 'prepared_ahead'
            else 'very_perishable' end end);
begin
    select l.least - l.tolerance, l.most + l.tolerance into lowest, highest
    from app.temperature_limits l where l.kind = wanted and l.valid_from <= day order by l.valid_from desc limit 1;
end $$;
