-- Raise EP403 unless the caller's sign-in passed the second factor, or the setting ECOPANIER_SECOND_FACTOR does not
-- require that of members.
-- Called by require_factor_for_names, and by what owners decide about API clients, mandates and
-- funds. A transaction that does
-- not say the setting is bound by the strictest. Only the owner may execute it.
create or replace function app.require_factor() returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(current_setting('app.second_factor', true), '') not in ('admins', 'optional')
       and not app.factor_passed(app.caller(), nullif(current_setting('request.jwt.claims', true), '')::jsonb) then
        raise exception 'auth.second_factor_required' using errcode = 'EP403';
    end if;
end $$;
