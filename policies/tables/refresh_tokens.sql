-- Hashes of refresh tokens: for nobody; open_session, rotate_session and end_session work on them.
alter table app.refresh_tokens enable row level security;
alter table app.refresh_tokens force row level security;

create policy "The acts do their work" on app.refresh_tokens for all to ecopanier_owner using (true) with check (true);
