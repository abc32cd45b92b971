-- Return the tours in the calendar that a token opens, from the last 30 days to the next 60, as JSON; null for a token that
-- opens none.
-- Called by the API (GET /v1/tours.ics). Definer and for the API alone, because calendar programs sign in nowhere. It lets
-- through where the collector is to be when; neither contacts nor how to get in, and nothing of a tour that is not theirs.
create or replace function app.tours_in_calendar(token bytea) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    holder app.calendars;
begin
    select c.* into holder from app.calendars c where c.token_hash = token;
    if holder.account_id is null or app.standing(holder.account_id) is distinct from 'collector' then return null; end if;
    return (select coalesce(json_agg(e.told order by e.begins_at, e.id), '[]') from (
        select t.id, t.begins_at, json_build_object(
            'id', t.id, 'sequence', t.sequence, 'begins_at', t.begins_at, 'ends_at', t.ends_at,
            'cancelled', t.status in ('declined', 'cancelled'), 'accepted', t.accepted_at is not null,
            'association', (select a.name from app.associations a where a.id = t.association_id),
            'stops', (select coalesce(json_agg(json_build_object(
                'name', p.name, 'address', p.address, 'latitude', p.latitude, 'longitude', p.longitude,
                'zone', app.zone_of(p.insee_code), 'arrives_at', s.arrives_at)
                order by s.number), '[]')
                from app.tour_stops s join app.collection_points p on p.id = s.point_id where s.tour_id = t.id)) as told
        from app.tours t
        where t.collector_id = holder.account_id
          and t.day between app.paris_day(app.clock()) - 30 and app.paris_day(app.clock()) + 60
        union all
        select (l ->> 'id')::uuid, (l ->> 'begins_at')::timestamptz,
               json_build_object('id', l ->> 'id', 'sequence', l -> 'sequence', 'begins_at', l ->> 'begins_at',
                                 'ends_at', l ->> 'ends_at', 'cancelled', true, 'accepted', false, 'association', null,
                                 'stops', json_build_array())
        from jsonb_array_elements(holder.left_tours) l
        where (l ->> 'ends_at')::timestamptz > app.clock() - interval '30 days'
          and not exists (select from app.tours t
                          where t.id = (l ->> 'id')::uuid and t.collector_id = holder.account_id)) e);
end $$;
grant execute on function app.tours_in_calendar(bytea) to ecopanier_api;
