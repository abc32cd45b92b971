-- Return how many reusable crates collectors brought to each point in a month, and how many they fetched, as their steps say.
-- The month is that of Paris.
-- Called by GET /v1/collections/crates. Members see the points of their shops and associations, collectors those of their own
-- tours, admins all. Definer, because members may not read steps; it returns sums by point.
create or replace function app.crates_by_month(month date)
returns table (point_id uuid, name text, brought bigint, fetched bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    me           uuid := app.caller();
    admin        boolean := coalesce(app.caller_role() = 'admin', false);
    shops        uuid[] := array(select app.shops_of(me, 'reader'));
    associations uuid[] := array(select app.associations_of(me, 'reader'));
    tours        uuid[] := array(select app.tours_seen_by(me));
begin
    return query
        select p.id, p.name, coalesce(sum((s.details ->> 'crates_brought')::int), 0),
               coalesce(sum((s.details ->> 'crates_fetched')::int), 0)
        from app.tour_steps s
        join app.tour_stops x on x.tour_id = s.tour_id and x.number = s.number
        join app.collection_points p on p.id = x.point_id
        where s.at >= month::timestamp at time zone 'Europe/Paris'
          and s.at < (month + interval '1 month') at time zone 'Europe/Paris'
          and (s.details ? 'crates_brought' or s.details ? 'crates_fetched')
          and not exists (select from app.tour_steps c
                          where c.tour_id = s.tour_id and c.details ->> 'corrects' = s.id::text)
          and (admin or p.shop_id = any (shops) or p.association_id = any (associations) or s.tour_id = any (tours))
        group by p.id, p.name order by p.name, p.id;
end $$;
grant execute on function app.crates_by_month(date) to authenticated;
