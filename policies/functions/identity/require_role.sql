-- The standing of an account inside an act that was handed its id: refuses nobody's, suspended ones and other roles.
create or replace function app.require_role(account uuid, variadic wanted text[]) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    standing text := app.standing(account);
begin
    if standing is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    if standing = 'suspended' then raise exception 'account.suspended' using errcode = 'EP403'; end if;
    if standing <> all (wanted) then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return standing;
end $$;
