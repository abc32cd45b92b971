-- Raise EP403 unless the caller has something to show a photo of: an owner or staff of a verified shop or of a verified
-- association, which have pages, whoever reserved portions and may report a problem with them, and verified collectors.
-- Called by POST /v1/photos, before the photo is decoded.
-- Definer, because it looks at the status of both, whatever the caller may read of them.
create or replace function app.require_photographer() returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.reservations r where r.account_id = app.caller() and r.purpose = 'collect')
       and not exists (select from app.shops s where s.id in (select app.shops_of(app.caller(), 'staff')) and s.status = 'verified')
       and not exists (select from app.associations a
                       where a.id in (select app.associations_of(app.caller(), 'staff')) and a.status = 'verified')
       and not exists (select from app.collectors c where c.id = app.caller() and c.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
end $$;
grant execute on function app.require_photographer() to authenticated;
