-- Set the alert of one of the caller's saved places, or change it.
-- Called by POST /v1/me/places and PATCH /v1/me/places/{place_id}, as a customer or a beneficiary. What the person was
-- told today stays counted.
-- Definer, because nobody may write areas: the caller's own places only.
-- Locks: the place (share), so that it does not move meanwhile; then the alert.
create or replace function app.set_alert(
    place uuid, radius_m int, categories text[], max_price_cents int, most_a_day int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    here app.saved_places;
begin
    perform app.require_role(app.caller(), 'customer', 'beneficiary');
    select * into here from app.saved_places p where p.id = place and p.account_id = app.caller() for share;
    if not found then raise exception 'place.not_found' using errcode = 'EP404'; end if;
    insert into app.place_alerts (place_id, account_id, area, radius_m, categories, max_price_cents, most_a_day)
    values (place, here.account_id, app.alert_area(here.latitude, here.longitude, set_alert.radius_m), set_alert.radius_m,
            set_alert.categories, set_alert.max_price_cents, set_alert.most_a_day)
    on conflict on constraint place_alerts_pkey do update
    set area = excluded.area, radius_m = excluded.radius_m, categories = excluded.categories,
        max_price_cents = excluded.max_price_cents, most_a_day = excluded.most_a_day;
end $$;
grant execute on function app.set_alert(uuid, int, text[], int, int) to authenticated;
