-- Return the version of all parameters together: the number of the last change.
-- Called by change_settings, and by GET and PUT /v1/admin/settings for the ETag. Definer, because only admins may read
-- changes; it lets through that one number.
create or replace function app.settings_version() returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select coalesce(max(c.id), 0) from app.setting_changes c);
end $$;
grant execute on function app.settings_version() to authenticated;
