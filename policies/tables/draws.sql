-- Draws: admins see them, so that they can be checked. They hold entries of waiting lists, no persons. Written by
-- hand_on.
alter table app.draws enable row level security;
alter table app.draws force row level security;

create policy "Acts read and write every row" on app.draws for all to ecopanier_owner using (true) with check (true);

grant select on app.draws to authenticated;

create policy "Admins check draws" on app.draws for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger draws_do_not_change before update or truncate on app.draws
    for each statement execute function app.refuse_change();
-- `prune` deletes draws after their retention period; this trigger refuses to delete recent ones.
create trigger draws_are_kept before delete on app.draws
    for each row when (old.drawn_at > app.clock() - interval '1 year') execute function app.refuse_change();
