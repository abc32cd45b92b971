-- What admins set: for admins; written by change_settings, changed by nobody.
alter table app.setting_changes enable row level security;
alter table app.setting_changes force row level security;

create policy "The acts do their work" on app.setting_changes for all to ecopanier_owner using (true) with check (true);

grant select on app.setting_changes to authenticated;

create policy "Admins see what was set" on app.setting_changes for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger setting_changes_are_append_only before update or delete or truncate on app.setting_changes
    for each statement execute function app.refuse_change();
