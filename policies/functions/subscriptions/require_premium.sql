-- Raise `premium.needed` unless a shop has a feature of Premium. An admin is never refused.
-- Called by acts and queries after they have checked that the caller works for the shop. Only the owner may execute it.
create or replace function app.require_premium(shop uuid, feature text) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin' and not app.shop_entitled(shop, feature) then
        raise exception 'premium.needed' using errcode = 'EP403';
    end if;
end $$;
