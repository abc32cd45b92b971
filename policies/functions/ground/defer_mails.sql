-- Queue the mails of deliveries that can wait, each for its moment, behind every other job.
-- Called by notify_each and delivery_to_send. A moment that is not later than the present means now.
-- Definer with the queue's own search path, as defer; only the owner may execute it.
create or replace function app.defer_mails(deliveries uuid[], at timestamptz[]) returns void
language plpgsql security definer set search_path = jobs, pg_catalog, pg_temp as $$
begin
    perform procrastinate_defer_jobs_v1(array(
        select row('default', 'notices.deliver', -10, null, null, jsonb_build_object('delivery_id', m.delivery),
                   case when m.at > app.clock() then m.at end)::procrastinate_job_to_defer_v1
        from unnest(deliveries, at) as m (delivery, at)));
end $$;
