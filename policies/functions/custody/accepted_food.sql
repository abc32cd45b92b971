-- Return what an association accepted of a collection, by category: how much it weighs, what it saved by the factor in force
-- today, and what it was worth. Items that weigh nothing are left out.
-- Called by record_collected. Definer, because it reads everybody's collections; only the owner may execute it.
create or replace function app.accepted_food(collection uuid)
returns table (category text, grams bigint, co2e bigint, cents bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    meal int := app.setting_int('meal_grams');
begin
    return query
    select w.category, sum(w.grams)::bigint, sum(w.grams * w.factor / meal)::bigint, coalesce(sum(w.value), 0)::bigint
    from (select i.category, app.item_grams(i.accepted_grams, i.accepted_portions, i.lot_id) as grams,
                 (select f.co2e_grams_per_meal from app.impact_factors f
                  where (f.category is null or f.category = i.category) and f.valid_from <= app.paris_day(app.clock())
                  order by f.category nulls last, f.valid_from desc, f.id desc limit 1) as factor,
                 case when i.portions > 0 and i.accepted_portions is not null
                      then i.value_cents::bigint * least(i.accepted_portions, i.portions) / i.portions
                      when i.grams > 0 then i.value_cents::bigint * least(coalesce(i.accepted_grams, 0), i.grams) / i.grams
                 end as value
          from app.collection_items i where i.collection_id = accepted_food.collection) w
    where w.grams > 0
    group by w.category;
end $$;
