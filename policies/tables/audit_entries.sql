-- The audit log: for admins to read; written by the acts through note(), changed by nobody.
alter table app.audit_entries enable row level security;
alter table app.audit_entries force row level security;

create policy "The acts do their work" on app.audit_entries for all to ecopanier_owner using (true) with check (true);

grant select on app.audit_entries to authenticated;

create policy "Admins read the audit log" on app.audit_entries for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger audit_entries_do_not_change before update or truncate on app.audit_entries
    for each statement execute function app.refuse_change();
-- What has had its time goes (`prune`); younger entries nobody removes.
create trigger audit_entries_are_kept before delete on app.audit_entries
    for each row when (old.at > app.clock() - interval '180 days') execute function app.refuse_change();
