-- Hashes of recovery codes: nobody reads them.
alter table app.recovery_codes enable row level security;
alter table app.recovery_codes force row level security;

create policy "Acts read and write every row" on app.recovery_codes for all to ecopanier_owner using (true) with check (true);
-- Written by confirm_second_factor and pass_factor; they go with their second factor.
