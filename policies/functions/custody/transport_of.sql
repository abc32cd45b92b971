-- Return the transport of a collection: the vehicle of the tour that carried it, its share of the way in metres and of what
-- that emitted. A tour is shared by the weight of what it took; the way is what the collector said that they drove,
-- otherwise what was planned. Without a profile a car is assumed; without a tour nothing was driven for it.
-- Called by record_collected. Definer, because it reads tours; only the owner may execute it.
create or replace function app.transport_of(
    collection uuid, out vehicle text, out metres int, out co2e_grams bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tour  app.tours;
    own   numeric;
    whole numeric;
begin
    metres := 0; co2e_grams := 0;
    select t.* into tour from app.stop_tasks k join app.tours t on t.id = k.tour_id
    where k.collection_id = transport_of.collection and k.kind = 'take' and k.living;
    if not found then return; end if;
    select coalesce(sum(w.grams) filter (where w.id = transport_of.collection), 0), coalesce(sum(w.grams), 0) into own, whole
    from (select c.id, sum(app.item_grams(i.taken_grams, i.taken_portions, i.lot_id)) as grams
          from app.stop_tasks k
          join app.collections c on c.id = k.collection_id and c.status in ('taken', 'delivered', 'received')
          join app.collection_items i on i.collection_id = c.id
          where k.tour_id = tour.id and k.kind = 'take' and k.living group by c.id) w;
    vehicle := coalesce((select p.vehicle from app.collector_profiles p where p.collector_id = tour.collector_id), 'car');
    metres := round(coalesce(tour.driven_metres, tour.metres) * case when whole > 0 then own / whole else 1 end);
    co2e_grams := round(metres / 1000.0 * (
        select f.co2e_grams_per_km from app.vehicle_factors f
        where f.vehicle = transport_of.vehicle and f.valid_from <= tour.day order by f.valid_from desc limit 1));
end $$;
