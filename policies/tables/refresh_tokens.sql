-- Hashes of refresh tokens: nobody reads them. open_session, sign_in_with_card, rotate_session and end_session use
-- them.
alter table app.refresh_tokens enable row level security;
alter table app.refresh_tokens force row level security;

create policy "Acts read and write every row" on app.refresh_tokens for all to ecopanier_owner using (true) with check (true);
