-- Return up to `most` agreements that a shop or an association could make with a neighbour, as JSON, the best first, after a
-- score and the neighbour's id.
-- Called by GET /v1/neighbours/suggestions: with a shop as its owner or staff; without one as owner or staff of a verified
-- association. Without a territory the neighbours are those in the EPCI of the side that asks. Weights are coarse, and
-- distances in steps of 100 m.
-- Definer, because shops and associations know nothing of one another. What it lets through stands with neighbour_pairs:
-- never what a shop sells, nor anything about people.
create or replace function app.neighbour_suggestions(
    shop uuid, territory text, after_score int, after_id uuid, most int) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    own      uuid;
    insee    text;
    communes text[];
begin
    if shop is not null then
        select s.insee_code into insee from app.shops s
        where s.id = shop and s.id = any (array(select app.shops_of(app.caller(), 'staff')));
        if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    else
        own := app.acting_verified();
        if own is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
        insee := (select a.insee_code from app.associations a where a.id = own);
    end if;
    communes := case when territory is not null then app.communes_in(territory)
                     when insee is not null then app.communes_around(insee) end;
    return (
        select coalesce(json_agg(json_build_object(
                   'kind', case when shop is null then 'shop' else 'association' end, 'id', f.id, 'name', f.name,
                   'insee_code', f.insee_code, 'score', f.score, 'distance_m', f.distance_m,
                   'grams_a_week', app.coarse_grams(f.grams), 'leftovers', f.leftovers,
                   'nobody_collects', f.nobody_collects) order by f.score desc, f.id), '[]')
        from (
            select p.score, coalesce(o.id, a.id) as id, coalesce(o.name, a.name) as name,
                   coalesce(o.insee_code, a.insee_code) as insee_code, round(p.metres, -2)::int as distance_m,
                   (select sum((l ->> 'grams')::int) from jsonb_array_elements(p.leftovers) l) as grams,
                   (select jsonb_agg(jsonb_set(l.one, '{grams}', to_jsonb(app.coarse_grams((l.one ->> 'grams')::int)))
                                     order by l.number)
                    from jsonb_array_elements(p.leftovers) with ordinality as l (one, number)) as leftovers,
                   not exists (select from app.agreements g where g.shop_id = p.shop_id and g.status = 'confirmed'
                                 and (g.ends_on is null or g.ends_on >= app.local_day(app.clock(), s.time_zone)))
                       as nobody_collects
            from app.neighbour_pairs(coalesce(shop, own), shop is not null, communes) p
            join app.shops s on s.id = p.shop_id
            left join app.shops o on shop is null and o.id = p.shop_id
            left join app.associations a on shop is not null and a.id = p.association_id
            where after_score is null or p.score < after_score
               or p.score = after_score and coalesce(o.id, a.id) > after_id
            order by p.score desc, 2 limit most) f);
end $$;
grant execute on function app.neighbour_suggestions(uuid, text, int, uuid, int) to authenticated;
