-- Write one entry into the audit log, in the transaction of the act that it is about: both are kept, or neither.
-- Called by acts. Who acted, a person or an API client, and in which request, come from the transaction itself. `details` holds ids, counts and
-- our own words, never anything that a person wrote.
-- Definer, because nobody may write the log; only the owner may execute it.
create or replace function app.note(what text, about text, about_id uuid, details jsonb default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    client uuid := app.acting_client();
    actor  uuid := coalesce(app.caller(), client);
    acting uuid := app.acted_for(actor, about, about_id);
begin
    insert into app.audit_entries (at, actor_id, actor_role, action, subject, subject_id, detail, request_id)
    values (app.clock(), actor,
            coalesce((select a.role from app.accounts a where a.id = actor),
                     case when client is not null then 'client' end,
                     case session_user when 'ecopanier_api' then 'nobody'
                         -- Acts say if the worker does what another service told it, such as the recall feed.
                         when 'ecopanier_worker' then coalesce(nullif(current_setting('app.acting', true), ''), 'worker')
                         else 'operator' end),
            what, about, about_id,
            case when acting is null then details
                 else coalesce(details, '{}') || jsonb_build_object('association', acting) end,
            nullif(current_setting('app.request_id', true), ''));
end $$;
