-- Return how much an amount of an item of a collection weighs: its grams or, where nobody weighed it, its portions by the
-- lot's weight or the weight of a meal; null if it is only known in crates.
-- Called by acts on receptions and by figures of collections. Definer, because it reads lots; only the owner may execute it.
create or replace function app.item_grams(grams int, portions int, lot uuid) returns bigint
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(grams::bigint,
                    portions::bigint * coalesce((select l.weight_grams from app.lots l where l.id = lot), app.setting_int('meal_grams')));
end $$;
