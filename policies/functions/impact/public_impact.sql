-- Return the public impact figures: the totals plus the few entries since, less today's where a single handover could
-- be read, all in one snapshot. The cost grows with a day's entries, not with all.
-- Money and people helped are counted up to the last midnight in Paris: two readings around one handover do not differ
-- by what it cost. People are counted in whole groups of eleven, so that two readings never differ by fewer.
-- Called by GET /v1/impact, as the API, for anybody.
-- Definer, because entries are personal; their sum is not.
create or replace function app.public_impact() returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select json_build_object(
            'meals', round(t.meals + n.meals, 1), 'food_kg', round((t.food_grams + n.food_grams) / 1000.0, 1),
            'co2e_kg', round((t.co2e_grams + n.co2e_grams) / 1000.0, 1),
            'value_saved_cents', value.saved, 'saved_by_people_cents', value.saved - value.recovered,
            'recovered_by_shops_cents', value.recovered,
            'people_helped', 11 * ((t.people_helped + n.people_helped - today.people_helped) / 11),
            'method', (select f.method from app.impact_factors f where f.category is null
                       order by f.valid_from desc, f.id desc limit 1),
            'since', t.since)
        from app.impact_totals t,
        lateral (select coalesce(sum(e.food_grams), 0) food_grams, coalesce(sum(e.meals), 0) meals,
                        coalesce(sum(e.co2e_grams), 0) co2e_grams, coalesce(sum(e.value_saved_cents), 0) value_saved_cents,
                        coalesce(sum(e.recovered_by_shops_cents), 0) recovered_by_shops_cents,
                        coalesce(sum(e.people_helped), 0) people_helped
                 from app.impact_recorded e where e.written_by >= t.counted_before) n,
        lateral (select coalesce(sum(e.value_saved_cents), 0) value_saved_cents,
                        coalesce(sum(e.recovered_by_shops_cents), 0) recovered_by_shops_cents,
                        coalesce(sum(e.people_helped), 0) people_helped
                 from app.impact_recorded e
                 where e.recorded_at >= app.paris_day(app.clock())::timestamp at time zone 'Europe/Paris') today,
        lateral (select t.value_saved_cents + n.value_saved_cents - today.value_saved_cents saved,
                        t.recovered_by_shops_cents + n.recovered_by_shops_cents
                        - today.recovered_by_shops_cents recovered) value);
end $$;
grant execute on function app.public_impact() to ecopanier_api;
