-- Revoke a kiosk, as an admin or the association that registered it: nobody signs in there from now on, and whoever is
-- signed in there is signed out.
-- Called by POST /v1/kiosks/{kiosk_id}/revoke. Definer, because no role may write kiosks. Locks: the kiosk, then its
-- sessions.
create or replace function app.revoke_kiosk(kiosk uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.kiosks k where k.id = kiosk
                   and (app.caller_role() = 'admin' or k.association_id = any (array(select app.associations_of(app.caller(), 'staff'))))) then
        raise exception 'kiosk.not_found' using errcode = 'EP404';
    end if;
    -- This waits for a sign-in that is under way there, whose session then exists and ends too.
    update app.kiosks k set revoked_at = app.clock() where k.id = kiosk and k.revoked_at is null;
    if not found then return; end if;
    update app.sessions s set ended_at = app.clock(), ended_because = 'kiosk_revoked'
    where s.kiosk_id = kiosk and s.ended_at is null;
    perform app.note('kiosk.revoked', 'kiosk', kiosk);
end $$;
grant execute on function app.revoke_kiosk(uuid) to authenticated;
