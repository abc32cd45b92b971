-- Register a tablet where people sign in with their cards, as an admin or a verified association; return the kiosk.
-- Called by POST /v1/kiosks. The device's secret is shown once by the API; only its hash comes here.
-- Definer, because no role may write kiosks.
create or replace function app.register_kiosk(kiosk_name text, new_device_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    registrar      uuid := app.caller();
    registrar_role text := app.caller_role();
    registered     uuid;
begin
    if registrar_role is distinct from 'admin' and not exists (
            select from app.associations a where a.id = registrar and a.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    insert into app.kiosks (name, association_id, device_hash, registered_by, created_at)
    values (kiosk_name, case registrar_role when 'association' then registrar end, new_device_hash, registrar,
            app.clock())
    returning id into registered;
    perform app.note('kiosk.registered', 'kiosk', registered);
    return registered;
end $$;
grant execute on function app.register_kiosk(text, bytea) to authenticated;
