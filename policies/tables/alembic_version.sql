-- Which migration stands: for the API's and the worker's readiness.
alter table app.alembic_version enable row level security;
alter table app.alembic_version force row level security;

create policy "The acts do their work" on app.alembic_version for all to ecopanier_owner using (true) with check (true);

grant select on app.alembic_version to ecopanier_api, ecopanier_worker;

create policy "The program reads which migration stands" on app.alembic_version for select
    to ecopanier_api, ecopanier_worker using (true);
