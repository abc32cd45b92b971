-- Write the one impact entry of a collection of a shop's food: what the association accepted, each item with the factor in
-- force for its category, less its own transport. Nothing if nothing was accepted, or if an association gives it: that food
-- counted when it was received the first time. people_helped is not touched, because nobody is named.
-- Called by receive_collection, in its transaction: the entry exists exactly if the food was received.
-- Definer, because nobody may write entries; only the owner may execute it.
create or replace function app.record_collected(collection uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    meal   int := app.setting_int('meal_grams');
    c      app.collections;
    food   record;
    driven record;
begin
    select x.* into c from app.collections x where x.id = record_collected.collection;
    if c.shop_id is null then return; end if;
    select sum(w.grams)::bigint as grams, sum(w.grams * w.factor / meal)::bigint as co2e,
           coalesce(sum(w.value), 0)::bigint as cents into food
    from (select app.item_grams(i.accepted_grams, i.accepted_portions, i.lot_id) as grams,
                 (select f.co2e_grams_per_meal from app.impact_factors f
                  where (f.category is null or f.category = i.category) and f.valid_from <= app.paris_day(app.clock())
                  order by f.category nulls last, f.valid_from desc, f.id desc limit 1) as factor,
                 case when i.portions > 0 and i.accepted_portions is not null
                      then i.value_cents::bigint * least(i.accepted_portions, i.portions) / i.portions
                      when i.grams > 0 then i.value_cents::bigint * least(coalesce(i.accepted_grams, 0), i.grams) / i.grams
                 end as value
          from app.collection_items i where i.collection_id = c.id) w
    where w.grams > 0;
    if food.grams is null then return; end if;
    driven := app.transport_of(c.id);
    insert into app.collected_impact
        (collection_id, shop_id, association_id, vehicle, metres, food_grams, meals, transport_co2e_grams, co2e_grams,
         value_saved_cents, recorded_at)
    values (c.id, c.shop_id, c.association_id, driven.vehicle, driven.metres, food.grams, food.grams::numeric / meal,
            driven.co2e_grams, food.co2e - driven.co2e_grams, food.cents, app.clock());
end $$;
