-- Codes of erased people: nobody reads them. enrol_beneficiaries does not give them to anybody again.
alter table app.spent_codes enable row level security;
alter table app.spent_codes force row level security;

create policy "Acts read and write every row" on app.spent_codes for all to ecopanier_owner using (true) with check (true);
