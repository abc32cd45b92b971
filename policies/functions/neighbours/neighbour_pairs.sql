-- Return the agreements that would make sense between a shop and an association that have none: one of the two is given, and
-- the other lies in one of `communes` (null: anywhere) and no farther than the association fetches food. The score is that of
-- matching_score; `leftovers` is what the association takes of what the shop regularly leaves, on days on which it takes any.
-- Called by neighbour_suggestions. `as_shop`: the given side is the shop. Left out are
--   shops that do not show their leftovers, where an association asks;
--   associations that are neither public nor had an agreement with the shop, where a shop asks;
--   pairs with an agreement that is proposed, or confirmed and still running, and
--   those that the asking side is not interested in, as long as neighbour_dismissals are kept.
-- Of shops, the 500 nearest are compared: in the densest city an answer stays short.
-- An association is where it is found on the map (its `place`); a shop learns no other place of one.
-- Definer, because it compares shops and associations that know nothing of one another; only the owner may execute it.
create or replace function app.neighbour_pairs(given uuid, as_shop boolean, communes text[])
returns table (shop_id uuid, association_id uuid, metres int, score int, leftovers jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment  timestamptz := app.clock();
    own     app.association_needs;
    here    point;
    scale   float8;
    found_s uuid[];
begin
    -- Branches, because the shops are found by their place, and associations, which are few, by what they take.
    if as_shop then
        found_s := array[given];
    else
        select n.* into own from app.association_needs n where n.association_id = given;
        select coalesce(a.place, o.place) into here
        from app.associations a join app.collection_points o on o.association_id = a.id and o.kind = 'association'
        where a.id = given;
        if own.association_id is null or here is null then return; end if;
        scale := 1 / cosh(here[1] / 6378137);  -- metres on the ground for one on the map
        found_s := array(
            select s.id from app.shops s
            where s.status = 'verified' and s.place <@ circle(here, own.farthest_metres / scale * 1.02)
              and s.shows_leftovers and (communes is null or s.insee_code = any (communes))
            order by s.place <-> here limit 500);
    end if;
    return query
    with sides as (
        select n.*, coalesce(a.place, o.place) as place, a.time_zone,
               (select coalesce(sum(c.grams), 0) from app.collections c
                where c.association_id = n.association_id and c.status in ('delivered', 'received')
                  and c.window_end > moment - interval '30 days' and c.window_end <= moment) as lately
        from app.association_needs n
        join app.associations a on a.id = n.association_id and a.status = 'verified'
        join app.accounts w on w.id = a.owner_id and w.status = 'active'
        join app.collection_points o on o.association_id = a.id and o.kind = 'association'
        where case when not as_shop then n.association_id = given
                   else (communes is null or a.insee_code = any (communes))
                        and (app.is_shown(a)
                             or exists (select from app.agreements g where g.association_id = a.id and g.shop_id = given
                                          and g.status in ('confirmed', 'ended'))) end),
    pairs as (
        select s.id as shop, n.*, round((s.place <-> n.place) * cos(radians(s.latitude)))::int as away
        from app.shops s cross join sides n
        where s.id = any (found_s) and s.status = 'verified'
          and not exists (select from app.agreements g
                          where g.shop_id = s.id and g.association_id = n.association_id
                            and (g.status = 'proposed' or g.status = 'confirmed'
                                 and (g.ends_on is null or g.ends_on >= app.local_day(moment, n.time_zone))))
          and not exists (select from app.neighbour_dismissals d
                          where d.shop_id = s.id and d.association_id = n.association_id
                            and d.said_by = case when as_shop then 'shop' else 'association' end
                            and d.at > moment - app.kept_for('neighbour_dismissals')))
    select p.shop, p.association_id, p.away,
           app.matching_score(w.taken, w.lacked, p.away, p.farthest_metres, w.heaviest::bigint, p.grams_a_day,
                              p.lately::bigint, cardinality(p.weekdays)),
           w.leftovers
    from pairs p cross join lateral (
        select count(*) filter (where d.fits)::float8 / count(*) as taken,
               count(*) filter (where d.fits and d.lacking)::float8 / count(*) as lacked,
               max(d.day_grams) as heaviest,
               jsonb_agg(jsonb_build_object('weekday', d.weekday, 'category', d.category, 'grams', d.grams,
                                            'lacks', d.lacking) order by d.weekday, d.category)
                   filter (where d.fits) as leftovers
        from (select l.*, f.fits, l.category = any (p.lacks) as lacking,
                     sum(l.grams) filter (where f.fits) over (partition by l.weekday) as day_grams
              from app.shop_leftovers l
              cross join lateral (select l.category = any (p.takes) and (l.category <> 'frozen' or p.frozen) as fits) f
              where l.shop_id = p.shop and l.weekday = any (p.weekdays)) d) w
    where p.away <= p.farthest_metres and w.leftovers is not null;
end $$;
