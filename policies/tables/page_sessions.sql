-- Sessions of browsers: only acts read and write them.
alter table app.page_sessions enable row level security;
alter table app.page_sessions force row level security;

create policy "Acts read and write every row" on app.page_sessions for all to ecopanier_owner using (true) with check (true);
-- Written by open_page_session, find_page_session, renew_page_session, end_page_session, forget_person and prune.
