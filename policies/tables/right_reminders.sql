-- Reminders of ending rights that were sent: only remind_of_rights reads and writes them.
alter table app.right_reminders enable row level security;
alter table app.right_reminders force row level security;

create policy "Acts read and write every row" on app.right_reminders for all to ecopanier_owner using (true) with check (true);
