-- Changes of parameters: admins see them, change_settings writes them, and nobody changes them.
alter table app.setting_changes enable row level security;
alter table app.setting_changes force row level security;

create policy "Acts read and write every row" on app.setting_changes for all to ecopanier_owner using (true) with check (true);

grant select on app.setting_changes to authenticated;

create policy "Admins see changes of parameters" on app.setting_changes for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger setting_changes_are_append_only before update or delete or truncate on app.setting_changes
    for each statement execute function app.refuse_change();
