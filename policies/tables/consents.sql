-- Consents: people see their own, each time that they gave or withdrew one. Written by register_account and
-- record_consent.
alter table app.consents enable row level security;
alter table app.consents force row level security;

create policy "Acts read and write every row" on app.consents for all to ecopanier_owner using (true) with check (true);

grant select on app.consents to authenticated;

create policy "People see their own consents" on app.consents for select to authenticated
    using (account_id = (select app.caller()));

create trigger consents_do_not_change before update or truncate on app.consents
    for each statement execute function app.refuse_change();
