-- Versions of the terms, the privacy notice and the text about optional mails: anybody reads them; only migrations add
-- one.
alter table app.text_versions enable row level security;
alter table app.text_versions force row level security;

create policy "Acts read and write every row" on app.text_versions for all to ecopanier_owner using (true) with check (true);

grant select on app.text_versions to anon, authenticated;

create policy "Anyone reads the versions of texts" on app.text_versions for select to anon, authenticated using (true);
