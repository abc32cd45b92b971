-- The audit log: admins read it, but not that somebody keeps a diet; acts write it through note() and note_each(), and nobody changes it.
alter table app.audit_entries enable row level security;
alter table app.audit_entries force row level security;

create policy "Acts read and write every row" on app.audit_entries for all to ecopanier_owner using (true) with check (true);

grant select on app.audit_entries to authenticated;

create policy "Admins read the audit log" on app.audit_entries for select to authenticated
    -- Compared within the subselect: the planner takes a comparison outside of it for rare, and would sort the whole log.
    using ((select app.caller_role() = 'admin') and subject <> 'diet');

create trigger audit_entries_do_not_change before update or truncate on app.audit_entries
    for each statement execute function app.refuse_change();
-- `prune` deletes entries after their retention period; this trigger refuses to delete recent ones.
create trigger audit_entries_are_kept before delete on app.audit_entries
    for each row when (old.at > app.clock() - interval '180 days') execute function app.refuse_change();
