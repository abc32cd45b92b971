-- Return up to `most` mandates in the order of ids, after `beyond`, or only `wanted`: of an organisation's clients, as one
-- of its members or an admin; without an organisation those of the caller's association, as its owner. Ended ones too.
-- Called by GET /v1/associations/me/mandates and GET /v1/organisations/{organisation_id}/mandates. Definer, because nobody
-- may read mandates.
create or replace function app.mandates_seen(
    organisation uuid, most int, beyond uuid default null, wanted uuid default null,
    out id uuid, out association_id uuid, out association_name text, out client_id uuid, out client_name text,
    out organisation_id uuid, out organisation_name text, out territory_code text, out granted_at timestamptz,
    out ended_at timestamptz, out in_force boolean) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    own uuid;
begin
    if organisation is null then
        own := app.acting_association('owner');
        if own is null then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    elsif app.caller_role() is distinct from 'admin'
          and organisation <> all (array(select app.organisations_of(app.caller(), 'reader'))) then
        raise exception 'organisation.not_found' using errcode = 'EP404';
    end if;
    return query
    select m.id, m.association_id, a.name, c.id, c.name, o.id, o.name, c.territory_code, m.granted_at, m.ended_at,
           m.ended_at is null and (app.living_client(c.id)).id is not null and app.association_works(m.association_id)
    from app.mandates m
    join app.associations a on a.id = m.association_id
    join app.api_clients c on c.id = m.client_id
    join app.organisations o on o.id = c.organisation_id
    where (m.association_id = own or c.organisation_id = organisation)
      and (beyond is null or m.id > beyond) and (wanted is null or m.id = wanted)
    order by m.id limit most;
end $$;
grant execute on function app.mandates_seen(uuid, int, uuid, uuid) to authenticated;
