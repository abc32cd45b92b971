-- The products that recall notices name: admins read them, to compare them with a lot. Acts write them.
alter table app.recall_items enable row level security;
alter table app.recall_items force row level security;

create policy "Acts read and write every row" on app.recall_items for all to ecopanier_owner using (true) with check (true);

grant select on app.recall_items to authenticated;

create policy "Admins read what recall notices name" on app.recall_items for select to authenticated
    using ((select app.caller_role()) = 'admin');
