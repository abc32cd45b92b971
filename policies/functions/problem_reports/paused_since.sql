-- Return since when reports of a closed door pause a shop's lots; null if they do not, or for anybody but its members and
-- admins.
-- Called by queries of shops. Definer, because the column is granted to nobody: strangers are not told why lots are gone.
create or replace function app.paused_since(shop uuid) returns timestamptz
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin' and shop <> all (array(select app.shops_of(app.caller(), 'reader'))) then
        return null;
    end if;
    return (select s.paused_at from app.shops s where s.id = shop);
end $$;
grant execute on function app.paused_since(uuid) to anon, authenticated;
