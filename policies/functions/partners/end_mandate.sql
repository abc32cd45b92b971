-- End a mandate of the caller's association: the client's next request for it is refused, and what is queued is not
-- enrolled any more. Whoever was enrolled stays enrolled. Once is enough. The owners of both sides are told.
-- Called by DELETE /v1/associations/me/mandates/{mandate_id}, as an owner whose sign-in has passed the second factor.
-- Definer, because nobody may write mandates. Locks: the association (lock_workplace), the mandate.
create or replace function app.end_mandate(mandate uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own  uuid := app.acting_association('owner');
    held app.mandates;
begin
    perform app.lock_workplace(null, own, 'owner');
    select * into held from app.mandates m where m.id = mandate and m.association_id = own for update;
    if not found then raise exception 'mandate.not_found' using errcode = 'EP404'; end if;
    perform app.require_factor();
    if held.ended_at is not null then return; end if;
    update app.mandates m set ended_at = app.clock(), ended_by = app.caller() where m.id = mandate;
    perform app.note('mandate.ended', 'association', own,
                     jsonb_build_object('mandate', mandate, 'api_client', held.client_id));
    perform app.tell_mandate(mandate);
end $$;
grant execute on function app.end_mandate(uuid) to authenticated;
