-- The queue: the acts put jobs in as the owner, the worker takes them out. No personal data in any argument.

alter table jobs.procrastinate_jobs enable row level security;
alter table jobs.procrastinate_jobs force row level security;
grant select, insert, update, delete on jobs.procrastinate_jobs to ecopanier_worker;
create policy "The acts queue what follows" on jobs.procrastinate_jobs for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker works the queue" on jobs.procrastinate_jobs for all to ecopanier_worker
    using (true) with check (true);

alter table jobs.procrastinate_events enable row level security;
alter table jobs.procrastinate_events force row level security;
grant select, insert, update, delete on jobs.procrastinate_events to ecopanier_worker;
create policy "The acts queue what follows" on jobs.procrastinate_events for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker works the queue" on jobs.procrastinate_events for all to ecopanier_worker
    using (true) with check (true);

alter table jobs.procrastinate_periodic_defers enable row level security;
alter table jobs.procrastinate_periodic_defers force row level security;
grant select, insert, update, delete on jobs.procrastinate_periodic_defers to ecopanier_worker;
create policy "The acts queue what follows" on jobs.procrastinate_periodic_defers for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker works the queue" on jobs.procrastinate_periodic_defers for all to ecopanier_worker
    using (true) with check (true);

alter table jobs.procrastinate_workers enable row level security;
alter table jobs.procrastinate_workers force row level security;
grant select, insert, update, delete on jobs.procrastinate_workers to ecopanier_worker;
create policy "The acts queue what follows" on jobs.procrastinate_workers for all to ecopanier_owner
    using (true) with check (true);
create policy "The worker works the queue" on jobs.procrastinate_workers for all to ecopanier_worker
    using (true) with check (true);

grant usage on all sequences in schema jobs to ecopanier_worker;
grant execute on all functions in schema jobs to ecopanier_worker;
