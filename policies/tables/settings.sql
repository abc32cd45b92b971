-- The platform's parameters: not secret, anybody reads them. Written by change_settings.
alter table app.settings enable row level security;
alter table app.settings force row level security;

create policy "Acts read and write every row" on app.settings for all to ecopanier_owner using (true) with check (true);

grant select on app.settings to anon, authenticated, ecopanier_worker;

create policy "Anyone reads the parameters" on app.settings for select to anon, authenticated, ecopanier_worker
    using (true);
