-- Grant an API client a mandate to enrol people in the name of the caller's association. Returns the mandate's id, or that
-- of the one in force. The owners of both sides are told.
-- Called by POST /v1/associations/me/mandates, as an owner of a verified association whose sign-in has passed the second
-- factor. The client must work, be an organisation's and have the scope beneficiaries:enrol; which one is the owner's
-- decision, whatever territory it has.
-- Definer, because nobody may write mandates. Locks: the association (lock_workplace).
create or replace function app.grant_mandate(client uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own    uuid := app.acting_association('owner');
    living app.api_clients;
    made   uuid;
begin
    perform app.lock_workplace(null, own, 'owner');
    perform app.require_factor();
    if not exists (select from app.associations a where a.id = own and a.status = 'verified') then
        raise exception 'mandate.association_unverified' using errcode = 'EP409';
    end if;
    living := app.living_client(client);
    if living.organisation_id is null or 'beneficiaries:enrol' <> all (living.scopes) then
        raise exception 'api_client.not_found' using errcode = 'EP404';
    end if;
    select m.id into made from app.mandates m where m.association_id = own and m.client_id = client and m.ended_at is null;
    if found then return made; end if;
    insert into app.mandates (association_id, client_id, granted_by, granted_at)
    values (own, client, app.caller(), app.clock()) returning id into made;
    perform app.note('mandate.granted', 'association', own, jsonb_build_object(
        'mandate', made, 'api_client', client, 'organisation', living.organisation_id));
    perform app.tell_mandate(made);
    return made;
end $$;
grant execute on function app.grant_mandate(uuid) to authenticated;
