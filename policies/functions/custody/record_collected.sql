-- Write the one impact entry of a collection of a shop's food: what the association accepted, each item with the factor in
-- force for its category, less its own transport. Nothing if nothing was accepted, or if an association gives it: that food
-- counted when it was received the first time. people_helped is not touched, because nobody is named. Beside it stands the
-- same by category of food, without the transport.
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
    select sum(w.grams)::bigint as grams, sum(w.co2e)::bigint as co2e, sum(w.cents)::bigint as cents into food
    from app.accepted_food(c.id) w;
    if food.grams is null then return; end if;
    driven := app.transport_of(c.id);
    insert into app.collected_impact
        (collection_id, shop_id, association_id, vehicle, metres, food_grams, meals, transport_co2e_grams, co2e_grams,
         value_saved_cents, recorded_at)
    values (c.id, c.shop_id, c.association_id, driven.vehicle, driven.metres, food.grams, food.grams::numeric / meal,
            driven.co2e_grams, food.co2e - driven.co2e_grams, food.cents, app.clock());
    insert into app.collected_categories (collection_id, category, food_grams, meals, co2e_grams, value_saved_cents)
    select c.id, w.category, w.grams, w.grams::numeric / meal, w.co2e, w.cents
    from app.accepted_food(c.id) w order by w.category;
end $$;
