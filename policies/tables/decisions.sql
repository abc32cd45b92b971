-- Decisions of admins: admins see them, the acts that decide write them, and nobody changes them.
alter table app.decisions enable row level security;
alter table app.decisions force row level security;

create policy "Acts read and write every row" on app.decisions for all to ecopanier_owner using (true) with check (true);

grant select on app.decisions to authenticated;

create policy "Admins see decisions" on app.decisions for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger decisions_are_append_only before delete or truncate on app.decisions
    for each statement execute function app.refuse_change();
-- Only the reason may be removed, when the person whom it is about is erased.
create trigger decisions_do_not_change before update on app.decisions
    for each row when ((new.id, new.subject, new.subject_id, new.decision, new.decided_by, new.decided_at)
        is distinct from (old.id, old.subject, old.subject_id, old.decision, old.decided_by, old.decided_at)
        or new.reason is not null)
    execute function app.refuse_change();
create trigger note_decision after insert on app.decisions for each row execute function app.note_decision();
