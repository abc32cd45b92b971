-- Return up to `most` external ids of people whom an API client sent for the caller's association and who are enrolled
-- elsewhere, newest first, before `beyond`. Nobody is told where.
-- Called by GET /v1/associations/me/enrolled-elsewhere, as an owner or staff of a verified association whose sign-in has
-- passed the second factor. Definer, because nobody may read enrolments by software.
create or replace function app.enrolled_elsewhere(
    most int, beyond uuid default null, out id uuid, out lookup bytea, out sealed_external bytea, out client_id uuid,
    out client_name text, out organisation_name text, out seen_at timestamptz) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    own uuid := app.acting_verified();
begin
    if own is null then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    perform app.require_factor();
    return query
    select e.id, e.lookup, e.sealed_external, c.id, c.name, o.name, e.seen_at
    from key_vault.partner_enrolments e
    join app.api_clients c on c.id = e.client_id
    join app.organisations o on o.id = c.organisation_id
    where e.association_id = own and e.beneficiary_id is null and (beyond is null or e.id < beyond)
    order by e.id desc limit most;
end $$;
grant execute on function app.enrolled_elsewhere(int, uuid) to authenticated;
