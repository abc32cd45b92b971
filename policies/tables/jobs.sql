-- The queue: the acts add jobs as the owner, and the worker takes them out. No argument holds personal data.

alter table jobs.procrastinate_jobs enable row level security;
alter table jobs.procrastinate_jobs force row level security;
grant select, insert, update, delete on jobs.procrastinate_jobs to ecopanier_worker;
create policy "Acts queue jobs" on jobs.procrastinate_jobs for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker takes jobs from the queue" on jobs.procrastinate_jobs for all to ecopanier_worker
    using (true) with check (true);

alter table jobs.procrastinate_events enable row level security;
alter table jobs.procrastinate_events force row level security;
grant select, insert, update, delete on jobs.procrastinate_events to ecopanier_worker;
create policy "Acts queue jobs" on jobs.procrastinate_events for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker takes jobs from the queue" on jobs.procrastinate_events for all to ecopanier_worker
    using (true) with check (true);

alter table jobs.procrastinate_periodic_defers enable row level security;
alter table jobs.procrastinate_periodic_defers force row level security;
grant select, insert, update, delete on jobs.procrastinate_periodic_defers to ecopanier_worker;
create policy "Acts queue jobs" on jobs.procrastinate_periodic_defers for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker takes jobs from the queue" on jobs.procrastinate_periodic_defers for all to ecopanier_worker
    using (true) with check (true);

alter table jobs.procrastinate_workers enable row level security;
alter table jobs.procrastinate_workers force row level security;
grant select, insert, update, delete on jobs.procrastinate_workers to ecopanier_worker;
create policy "Acts queue jobs" on jobs.procrastinate_workers for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker takes jobs from the queue" on jobs.procrastinate_workers for all to ecopanier_worker
    using (true) with check (true);

grant usage on all sequences in schema jobs to ecopanier_worker;
grant execute on all functions in schema jobs to ecopanier_worker;
