-- Return when the unsold portions of a lot become free, to its merchant; null to everybody else.
-- Called by GET /v1/lots/{lot_id}. Definer, because the column is readable for nobody: others must not know that they
-- only have to wait. Only lots of the caller's own shops.
create or replace function app.becomes_free_at(lot uuid) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select l.becomes_free_at from app.lots l
            where l.id = lot and l.shop_id = any (array(select app.shops_of(app.caller(), 'reader'))));
end $$;
grant execute on function app.becomes_free_at(uuid) to anon, authenticated;
