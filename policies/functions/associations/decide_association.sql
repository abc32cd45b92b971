-- Verify or reject an association, and tell it.
-- Called by POST /v1/admin/associations/{association_id}/verify, as an admin.
-- If several associations claim one number, a unique index lets only one be verified. `versions`, if given, are the
-- versions that the admin has read (If-Match), so that what is verified is what the admin saw.
-- Definer, because no role may write an association's status. Only an admin gets through.
-- Collections that nobody has taken yet of one that is rejected are cancelled.
-- Locks: the association, then those of end_collections.
create or replace function app.decide_association(association uuid, verdict text, why text, versions int[] default null)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    decided uuid;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if (select a.version from app.associations a where a.id = association for update) <> all (versions) then
        raise exception 'precondition.failed' using errcode = 'EP412';
    end if;
    if verdict not in ('verified', 'rejected') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    update app.associations a set status = verdict, version = a.version + 1 where a.id = association and a.status <> 'closed';
    if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    if verdict = 'rejected' then
        perform app.end_collections(app.open_collections_of('{}', array[association]), 'association_unverified');
    end if;
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('association', association, verdict, why, app.caller(), app.clock()) returning id into decided;
    perform app.tell_decision(decided);
end $$;
grant execute on function app.decide_association(uuid, text, text, int[]) to authenticated;
