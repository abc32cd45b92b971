-- What admins decided: for admins; written by the acts that decide, changed by nobody.
alter table app.decisions enable row level security;
alter table app.decisions force row level security;

create policy "The acts do their work" on app.decisions for all to ecopanier_owner using (true) with check (true);

grant select on app.decisions to authenticated;

create policy "Admins see decisions" on app.decisions for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger decisions_are_append_only before update or delete or truncate on app.decisions
    for each statement execute function app.refuse_change();
create trigger note_decision after insert on app.decisions for each row execute function app.note_decision();
