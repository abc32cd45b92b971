-- Queue a job in the transaction of the fact that it follows from, for now or for `at`: both happen, or neither.
-- Called by acts and triggers alone, which run as the owner. Arguments carry ids, never personal data.
-- Definer with the queue's own search path, because the queue's tables and triggers name each other without a schema.
create or replace function app.defer(task text, arguments jsonb, at timestamptz default null) returns void
language plpgsql security definer set search_path = jobs, pg_catalog, pg_temp as $$
begin
    perform procrastinate_defer_jobs_v1(array[
        row('default', task, 0, null, null, arguments, at)::procrastinate_job_to_defer_v1
    ]);
end $$;
