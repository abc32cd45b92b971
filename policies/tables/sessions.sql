-- Sessions: people see their own.
alter table app.sessions enable row level security;
alter table app.sessions force row level security;

create policy "Acts read and write every row" on app.sessions for all to ecopanier_owner using (true) with check (true);

grant select on app.sessions to authenticated;

create policy "People see their own sessions" on app.sessions for select to authenticated
    using (account_id = (select app.caller()));
