-- Return whether everybody may see an association: it is verified, chose to be public, and the account that answers for it
-- is neither suspended nor erased.
-- Called by whatever shows associations to strangers. Definer, because it looks at the account; only the owner may execute
-- it.
create or replace function app.is_shown(a app.associations) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return a.is_public and a.status = 'verified'
       and exists (select from app.accounts o where o.id = a.owner_id and o.status = 'active');
end $$;
