-- The mail of each notice and its outcome: people see their own, admins see all with the mail server's code, but not what
-- was said. Written by notify and delivery_tried.
alter table app.notice_deliveries enable row level security;
alter table app.notice_deliveries force row level security;

create policy "Acts read and write every row" on app.notice_deliveries for all to ecopanier_owner using (true) with check (true);

grant select (id, notice_id, account_id, channel, state, smtp_code, queued_at, ended_at) on app.notice_deliveries to authenticated;

create policy "People see deliveries of their own notices" on app.notice_deliveries for select to authenticated
    using (account_id = (select app.caller()));
create policy "Admins see every delivery" on app.notice_deliveries for select to authenticated
    using ((select app.caller_role()) = 'admin');
