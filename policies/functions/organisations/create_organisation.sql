-- Make an organisation, invite its first owner by mail, and return its id.
-- Called by POST /v1/organisations, as an admin: who makes it has checked the SIREN's holder, so its members may show its
-- name in the mails of invitations. The territory of a municipality is a commune, of an agglomeration an EPCI.
-- Definer, because nobody may write organisations. Only an admin gets through.
-- Locks: the rows that it inserts.
create or replace function app.create_organisation(
    organisation_name text, organisation_kind text, organisation_siren text, territory text, address_lookup bytea,
    sealed_invitation bytea, new_token_hash bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted text := (select t.kind from app.territories t where t.code = territory);
    made   uuid;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if wanted is null or organisation_kind = 'municipality' and wanted <> 'commune'
       or organisation_kind = 'agglomeration' and wanted <> 'epci' then
        raise exception 'organisation.territory_unfit' using errcode = 'EP422';
    end if;
    insert into app.organisations (name, kind, siren, territory_code, created_at)
    values (organisation_name, organisation_kind, organisation_siren, territory, app.clock()) returning id into made;
    perform app.note('organisation.created', 'organisation', made,
                     jsonb_build_object('kind', organisation_kind, 'territory', territory));
    perform app.invite_member(null, null, '', address_lookup, 'owner', sealed_invitation, new_token_hash, made);
    return made;
end $$;
grant execute on function app.create_organisation(text, text, text, text, bytea, bytea, bytea) to authenticated;
