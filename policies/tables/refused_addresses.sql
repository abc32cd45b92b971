-- Accounts whose address the mail server refuses for good: people see their own mark. Written by delivery_tried.
alter table app.refused_addresses enable row level security;
alter table app.refused_addresses force row level security;

create policy "Acts read and write every row" on app.refused_addresses for all to ecopanier_owner using (true) with check (true);

grant select on app.refused_addresses to authenticated;

create policy "People see their own mark" on app.refused_addresses for select to authenticated
    using (account_id = (select app.caller()));
