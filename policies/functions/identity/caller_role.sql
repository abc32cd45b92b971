-- Return the caller's role from our own table, never from a claim; null for nobody, and for an admin whose sign-in has
-- not passed the second factor although it must: no policy and no act lets them do what admins do.
-- Called by policies and acts. Definer for the same reason as app.caller(), and lets through as little.
create or replace function app.caller_role() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.role from app.accounts a
            where a.id = app.caller()
              and (a.role <> 'admin' or not app.admin_lacks_factor(
                      a.id, nullif(current_setting('request.jwt.claims', true), '')::jsonb,
                      current_setting('app.second_factor', true))));
end $$;
grant execute on function app.caller_role() to anon, authenticated;
