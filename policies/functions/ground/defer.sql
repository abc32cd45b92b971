-- Queue a job in the transaction of the fact it follows from, for now or for later: both happen, or neither. Arguments carry ids, never
-- personal data. Definer, with the queue's own search path, because its tables and triggers name each other bare;
-- only the acts, which run as the owner, may call it.
create or replace function app.defer(task text, arguments jsonb, at timestamptz default null) returns void
language plpgsql security definer set search_path = jobs, pg_catalog, pg_temp as $$
begin
    perform procrastinate_defer_jobs_v1(array[
        row('default', task, 0, null, null, arguments, at)::procrastinate_job_to_defer_v1
    ]);
end $$;
