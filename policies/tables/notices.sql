-- Notices: people see their own that they want in the app. Written by notify and read_notices.
alter table app.notices enable row level security;
alter table app.notices force row level security;

create policy "Acts read and write every row" on app.notices for all to ecopanier_owner using (true) with check (true);

grant select (id, event, facts, in_app, at, read_at) on app.notices to authenticated;

create policy "People see their own notices" on app.notices for select to authenticated
    using (account_id = (select app.caller()) and in_app);
