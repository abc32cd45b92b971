-- Register a tablet where people sign in with their cards, as owner or staff of a verified association; return the kiosk.
-- Called by POST /v1/kiosks. The device's secret is shown once by the API; only its hash comes here.
-- An admin registers none, because whoever has a kiosk and a card can sign in as the card's holder.
-- Definer, because no role may write kiosks.
create or replace function app.register_kiosk(kiosk_name text, new_device_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    association uuid := app.acting_verified();
    registered  uuid;
begin
    if association is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    insert into app.kiosks (name, association_id, device_hash, registered_by, created_at)
    values (kiosk_name, association, new_device_hash, app.caller(), app.clock())
    returning id into registered;
    perform app.note('kiosk.registered', 'kiosk', registered);
    return registered;
end $$;
grant execute on function app.register_kiosk(text, bytea) to authenticated;
