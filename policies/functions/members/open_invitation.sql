-- Return what an invitation is about, to whoever holds its token: the place, the role, and until when it is accepted.
-- No row without such an invitation.
-- Called by GET /v1/invitations/{token}, which spends no token. Definer, because nobody may read members; only the API
-- may execute it. It tells neither the invited address nor who invited.
create or replace function app.open_invitation(
    held bytea, out shop text, out association text, out organisation text, out role text, out ends_at timestamptz) returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    return query
    select s.name, a.name, o.name, m.role, m.ends_at
    from app.members m
    left join app.shops s on s.id = m.shop_id
    left join app.associations a on a.id = m.association_id
    left join app.organisations o on o.id = m.organisation_id
    where m.token_hash = held and m.account_id is null and m.ends_at > app.clock()
      and coalesce(s.status, a.status, o.status) <> 'closed';
end $$;
grant execute on function app.open_invitation(bytea) to ecopanier_api;
