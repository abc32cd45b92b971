-- Set parameters of the platform: all that are named, or none.
-- Called by PUT /v1/admin/settings, as an admin.
-- They apply as soon as this transaction commits, in every process, because acts read them each time. A constraint of
-- app.settings keeps their bounds. `versions`, if given, are the versions that the admin has read (If-Match).
-- Definer, because no role may write parameters. Only an admin gets through.
-- Locks: all parameters in the order of their names.
create or replace function app.change_settings(wanted jsonb, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    change record;
    before int;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    -- When two admins change settings at once, the second waits here, and the version that it has read is then old.
    perform from app.settings s order by s.name for update;
    if app.settings_version() <> all (versions) then
        raise exception 'precondition.failed' using errcode = 'EP412';
    end if;

    for change in select w.key as name, w.value::int as new from jsonb_each_text(wanted) w order by w.key loop
        if change.name = 'co2e_grams_per_meal' then
            before := app.set_general_factor(change.new);
        else
            select s.value into before from app.settings s where s.name = change.name;
            if not found then raise exception 'setting.unknown' using errcode = 'EP422'; end if;
            update app.settings s set value = change.new, changed_at = app.clock()
            where s.name = change.name and s.value <> change.new;
        end if;
        continue when before = change.new;
        insert into app.setting_changes (name, old, new, changed_by, changed_at)
        values (change.name, before, change.new, app.caller(), app.clock());
        perform app.note('setting.changed', 'setting', null,
                         jsonb_build_object('name', change.name, 'old', before, 'new', change.new));
    end loop;
end $$;
grant execute on function app.change_settings(jsonb, int[]) to authenticated;
