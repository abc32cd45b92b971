-- Mails that the relay has not taken: mail_failed and mail_accepted write them, mail_state counts them.
alter table app.undelivered_mails enable row level security;
alter table app.undelivered_mails force row level security;

create policy "Acts read and write every row" on app.undelivered_mails for all to ecopanier_owner
    using (true) with check (true);
