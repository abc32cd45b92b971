-- Write one audit entry for each of many subjects, in one statement.
-- Called by open_persons and enrol_beneficiaries: calling note() some thousand times would take longer than what is
-- noted.
-- Definer, because nobody may write the log; only the owner may execute it.
create or replace function app.note_each(what text, about text, about_ids uuid[], details jsonb default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    client  uuid := app.acting_client();
    actor   uuid := coalesce(app.caller(), client);
    acting  text := coalesce((select a.role from app.accounts a where a.id = actor), case when client is not null then 'client' end,
                             case session_user when 'ecopanier_api' then 'nobody' when 'ecopanier_worker' then 'worker'
                                               else 'operator' end);
begin
    insert into app.audit_entries (at, actor_id, actor_role, action, subject, subject_id, detail, request_id)
    select app.clock(), actor, acting, what, about, x.id,
           case when f.association is null then details
                else coalesce(details, '{}') || jsonb_build_object('association', f.association) end,
           nullif(current_setting('app.request_id', true), '')
    from unnest(about_ids) as x (id), lateral (select app.acted_for(actor, about, x.id)) f (association);
end $$;
