-- Which ends of rights were announced: for remind_of_rights alone.
alter table app.right_reminders enable row level security;
alter table app.right_reminders force row level security;

create policy "The acts do their work" on app.right_reminders for all to ecopanier_owner using (true) with check (true);
