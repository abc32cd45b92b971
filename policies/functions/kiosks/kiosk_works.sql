-- Return whether people may sign in at a kiosk now: it is not revoked, and its association is verified and active.
-- Called by sign_in_with_card and kiosk_session_stands. Only the owner may execute it.
create or replace function app.kiosk_works(kiosk app.kiosks) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return kiosk.revoked_at is null
       and exists (select from app.associations s join app.accounts a on a.id = s.owner_id
                   where s.id = kiosk.association_id and s.status = 'verified' and a.status = 'active');
end $$;
