-- Consents: one's own. Given at registration; kept with version and time.
alter table app.consents enable row level security;
alter table app.consents force row level security;

create policy "The acts do their work" on app.consents for all to ecopanier_owner using (true) with check (true);

grant select on app.consents to authenticated;

create policy "People see their own consents" on app.consents for select to authenticated
    using (account_id = (select app.caller()));
