-- Return a station's name and shop, and how many passes are still to come there today; raise EP401 for an unknown token,
-- EP403 while the shop is not verified.
-- Called by the API (GET /v1/stations/me) with the hash of the station's token.
-- Definer and for the API alone, because a station is no account. It lets through one number, which counts what
-- reservations_at_counter shows as confirmed: paid, held, suspended and free portions alike. Otherwise the number and
-- the counter's list would together tell one kind from another.
create or replace function app.station_at_work(
    held bytea, out id uuid, out name text, out shop_id uuid, out shop text, out day date, out passes_to_come int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment  timestamptz := app.clock();
    station app.stations;
    at      app.shops;
begin
    select * into station from app.stations t where t.token_hash = held;
    if not found then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    select * into at from app.shops s where s.id = station.shop_id;
    if at.status <> 'verified' then raise exception 'station.paused' using errcode = 'EP403'; end if;
    id := station.id;
    name := station.name;
    shop_id := at.id;
    shop := at.name;
    day := app.local_day(moment, at.time_zone);
    passes_to_come := (
        select count(*) from app.lots l join app.reservations r on r.lot_id = l.id
        where l.shop_id = at.id and l.pickup_end > moment and l.pickup_start < app.end_of_day(day, at.time_zone)
          and r.purpose = 'collect' and r.status in ('held', 'confirmed'));
end $$;
grant execute on function app.station_at_work(bytea) to ecopanier_api;
