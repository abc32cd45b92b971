-- The number of the newest migration: the API and the worker read it to say whether they are ready.
alter table app.alembic_version enable row level security;
alter table app.alembic_version force row level security;

create policy "Acts read and write every row" on app.alembic_version for all to ecopanier_owner using (true) with check (true);

grant select on app.alembic_version to ecopanier_api, ecopanier_worker;

create policy "The API and the worker read the newest migration" on app.alembic_version for select
    to ecopanier_api, ecopanier_worker using (true);
