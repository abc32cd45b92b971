-- Changes of e-mail addresses: nobody reads them. own_email_changes shows people their own.
alter table app.email_changes enable row level security;
alter table app.email_changes force row level security;

create policy "Acts read and write every row" on app.email_changes for all to ecopanier_owner using (true) with check (true);
-- Written by ask_email_change, issue_email_change, change_email, revoke_email_change, prune and forget_person.
