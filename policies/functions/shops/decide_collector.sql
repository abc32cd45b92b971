-- Verify or reject a collector, and tell them.
-- Called by POST /v1/admin/collectors/{collector_id}/verify, as an admin.
-- Definer, because no role may write a collector's status. Only an admin gets through.
-- Locks: the collector.
create or replace function app.decide_collector(collector uuid, verdict text, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    decided uuid;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if verdict not in ('verified', 'rejected') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    update app.collectors c set status = verdict where c.id = collector;
    if not found then raise exception 'collector.not_found' using errcode = 'EP404'; end if;
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('collector', collector, verdict, why, app.caller(), app.clock()) returning id into decided;
    perform app.tell_decision(decided);
end $$;
grant execute on function app.decide_collector(uuid, text, text) to authenticated;
