-- The state of the mail relay, in one row: mail_failed and mail_accepted write it, mail_state reads it.
alter table app.mail_relay enable row level security;
alter table app.mail_relay force row level security;

create policy "Acts read and write every row" on app.mail_relay for all to ecopanier_owner using (true) with check (true);
