-- Hashes of one-time tokens: nobody reads them. issue_token, use_token and the acts that enrol or renew an activation
-- use them.
alter table app.one_time_tokens enable row level security;
alter table app.one_time_tokens force row level security;

create policy "Acts read and write every row" on app.one_time_tokens for all to ecopanier_owner using (true) with check (true);
