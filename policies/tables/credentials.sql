-- Password hashes: nobody reads them. begin_sign_in, find_confirmation and password_to_confirm hand the API one hash at a time.
alter table app.credentials enable row level security;
alter table app.credentials force row level security;

create policy "Acts read and write every row" on app.credentials for all to ecopanier_owner using (true) with check (true);
