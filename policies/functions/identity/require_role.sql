-- Return an account's standing, or raise: EP401 if there is no such account, EP403 if it is suspended or has another
-- role.
-- Called by the acts that take an account's id from the API: open_session, reserve, pick_up, sign_in_with_card and
-- others.
-- Definer, because it reads accounts for whoever calls it; only the owner may execute it.
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
