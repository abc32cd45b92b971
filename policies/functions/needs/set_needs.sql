-- Keep what an association takes, if it still is at one of these versions (null: any); return whether it was.
-- Called by PUT /v1/associations/me/needs, as owner or staff of a verified association.
-- Definer, because no role may write needs. Locks: the association's needs.
create or replace function app.set_needs(wanted jsonb, versions int[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own   uuid := app.acting_verified();
    known int;
    new   app.association_needs;
begin
    if own is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select n.version into known from app.association_needs n where n.association_id = own for update;
    if versions is not null and coalesce(known, 0) <> all (versions) then return false; end if;
    new := jsonb_populate_record(null::app.association_needs, wanted);
    insert into app.association_needs as n (association_id, takes, lacks, weekdays, opens, closes, grams_a_day,
        cold_grams_a_day, frozen, farthest_metres, decides)
    values (own, new.takes, new.lacks, new.weekdays, new.opens, new.closes, new.grams_a_day, new.cold_grams_a_day,
            new.frozen, new.farthest_metres, new.decides)
    on conflict (association_id) do update
    set takes = excluded.takes, lacks = excluded.lacks, weekdays = excluded.weekdays, opens = excluded.opens,
        closes = excluded.closes, grams_a_day = excluded.grams_a_day, cold_grams_a_day = excluded.cold_grams_a_day,
        frozen = excluded.frozen, farthest_metres = excluded.farthest_metres, decides = excluded.decides,
        version = n.version + 1;
    perform app.note('needs.set', 'association', own);
    return true;
end $$;
grant execute on function app.set_needs(jsonb, int[]) to authenticated;
