-- The choices of events and channels that people made for notices: they see their own. Written by set_notice_preference.
alter table app.notice_preferences enable row level security;
alter table app.notice_preferences force row level security;

create policy "Acts read and write every row" on app.notice_preferences for all to ecopanier_owner using (true) with check (true);

grant select on app.notice_preferences to authenticated;

create policy "People see their own preferences" on app.notice_preferences for select to authenticated
    using (account_id = (select app.caller()));
