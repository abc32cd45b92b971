-- Return the tours of some days from one on that the caller drives, that their association plans, or, to a verified collector, that are open;
-- an admin's are all. `mine`: only those that the caller drives. `stops`: with their stops, as tour_page tells them.
-- Called by GET /v1/tours, in one statement. Definer, because open tours are nobody's yet. At most 500.
create or replace function app.tours_on(day date, days int, mine boolean, stops boolean) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    me   uuid := app.caller();
    seen uuid[] := array(select app.tours_seen_by(me));
    all_ boolean := coalesce(app.caller_role() = 'admin', false);
begin
    return (select coalesce(json_agg(
                app.tour_told(t) || case when stops then jsonb_build_object(
                    'stops', app.stops_told(t.id, all_ or t.id = any (seen))) else '{}' end
                order by t.day, t.begins_at, t.id), '[]')
            from (select * from app.tours t
                  where t.day between tours_on.day and tours_on.day + tours_on.days - 1
                    and case when mine then t.collector_id = me
                             else all_ or t.id = any (seen) or app.is_open_to_caller(t) end
                  order by t.day, t.begins_at, t.id limit 500) t);
end $$;
grant execute on function app.tours_on(date, int, boolean, boolean) to authenticated;
