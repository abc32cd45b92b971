-- Raise EP404 unless the caller is an owner of a shop.
-- Called by GET /v1/shops/{shop_id}/stations and GET /v1/shops/{shop_id}/stations/{station_id}, so that a shop of others
-- answers like none, and not like one without stations. Not definer: shops_of tells the caller's own shops only.
create or replace function app.require_owner_of(shop uuid) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'owner'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
end $$;
grant execute on function app.require_owner_of(uuid) to authenticated;
