-- Return the published figures of a territory by days or months, or (`parts`) of the territories of one kind that lie in it, as
-- JSON; null if there is no such territory.
-- Called by GET /v1/territories/{code}/figures with its .csv and .geojson, as the API, for anybody. A period is told by its
-- newest release. Figures of zones by day are told to those who see the territory (sees_territory); to others there are
-- none.
-- Definer, because nobody is granted the tables.
create or replace function app.territory_figures(
    wanted text, wanted_kind text, since date, until date, wanted_category text default '', parts text default null,
    caller uuid default null, client uuid default null)
returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with whole as (
        select t.* from app.territories t where t.code = wanted
    ), told as materialized (
        select r.id, r.first_day as begins, r.last_day as ends, r.at, r.corrects is not null as correction, r.method
        from app.releases r
        where r.kind = wanted_kind and r.first_day between since and until
          and not exists (select from app.releases c where c.corrects = r.id)
    ), places as (
        select w.code, w.kind, w.name, w.population, w.latitude, w.longitude from whole w where parts is null
        union all
        select p.code, p.kind, p.name, p.population, p.latitude, p.longitude
        from whole w
        join app.territories p on p.kind = parts and p.code <> w.code
             and w.code = case w.kind when 'country' then w.code when 'region' then p.region
                                      when 'department' then p.department when 'epci' then p.epci
                                      when 'commune' then p.commune end
        where parts is not null
    ), found as (
        select t.*, f.*
        from told t join app.released_figures f on f.release_id = t.id and f.code = wanted and f.category = wanted_category
        where parts is null
        union all
        select t.*, f.*
        from told t join app.released_figures f on f.release_id = t.id and f.level = parts and f.category = wanted_category
        where parts is not null
    )
    select '{"code":' || to_json(w.code) || ',"kind":"' || w.kind || '","name":' || to_json(w.name) || ',"by":"' || wanted_kind
        || '","from":"' || since || '","to":"' || until || '","category":' || coalesce('"' || nullif(wanted_category, '') || '"', 'null')
        || ',"parts":' || coalesce('"' || parts || '"', 'null') || ',"data":[' || coalesce((
            select string_agg(
                '{"code":"' || p.code || '","kind":"' || p.kind || '","name":' || to_json(p.name) || ',"from":"' || f.begins
                || '","to":"' || f.ends || '","published_at":' || to_json(f.at) || ',"corrected_at":'
                || case when f.correction then to_json(f.at)::text else 'null' end
                || ',"method":' || coalesce(to_json(f.method)::text, 'null') || ',"suppressed":' || f.suppressed::text
                || case when f.suppressed then '' else
                    ',"shops":' || f.shops || ',"lots":' || f.lots || ',"offered":' || f.offered || ',"collected":'
                    || f.collected || ',"given":' || coalesce(f.given::text, 'null') || ',"unsold":' || f.unsold
                    || ',"food_kg":' || round(f.food_grams / 1000.0, 1) || ',"meals":' || round(f.meals, 1) || ',"co2e_kg":'
                    || round(f.co2e_grams / 1000.0, 1) || ',"collections":' || coalesce(f.collections::text, 'null')
                    || ',"donated_kg":' || round(f.donated_grams / 1000.0, 1) || ',"km":'
                    || coalesce(round(f.metres / 1000.0, 1)::text, 'null')
                    || case when wanted_kind = 'month' then
                        ',"people_helped":' || f.people_helped || ',"value_saved_cents":' || f.value_saved_cents
                        || ',"saved_by_people_cents":'
                        || coalesce((f.value_saved_cents - f.recovered_by_shops_cents)::text, 'null')
                        || ',"recovered_by_shops_cents":' || coalesce(f.recovered_by_shops_cents::text, 'null') else '' end end
                || case when wanted_category = '' and p.kind not in ('arrondissement', 'zone') then
                    ',"waiting_unserved":' || coalesce(f.waiting, 0) || ',"searches_unserved":' || coalesce(f.searches, 0)
                   else '' end
                || '}', ',' order by f.begins, p.code)
            from found f join places p on p.code = f.code
            where p.kind <> 'zone' or wanted_kind = 'month' or app.sees_territory(caller, client, wanted)), '') || ']}'
    from whole w
$$;
grant execute on function app.territory_figures(text, text, date, date, text, text, uuid, uuid) to ecopanier_api;
