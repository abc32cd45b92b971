-- The same about many at once, in one statement: note() for each of some thousands would take longer than what is noted.
create or replace function app.note_each(what text, about text, about_ids uuid[], details jsonb default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    actor   uuid := app.caller();
    acting  text := coalesce((select a.role from app.accounts a where a.id = actor),
                             case session_user when 'ecopanier_api' then 'nobody' when 'ecopanier_worker' then 'worker'
                                               else 'operator' end);
begin
    insert into app.audit_entries (at, actor_id, actor_role, action, subject, subject_id, detail, request_id)
    select app.clock(), actor, acting, what, about, x.id, details, nullif(current_setting('app.request_id', true), '')
    from unnest(about_ids) as x (id);
end $$;
