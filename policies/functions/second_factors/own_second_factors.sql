-- Return what a person may know of their second factor, and whether this sign-in has passed it.
-- Called by GET /v1/me/second-factors, as the API: an admin who still has to add a factor must be able to read it, and
-- no session is opened for them. `required` says whether this person cannot work without one.
-- Definer, because nobody may read second factors; it returns the caller's own. Only the API may execute it.
create or replace function app.own_second_factors(
    caller uuid, signed_in_as uuid, rule text,
    out required boolean, out passed boolean, out activated_at timestamptz, out recovery_codes_left int,
    out reset_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    role text := app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
begin
    required := rule <> 'optional' and role = 'admin'
             or rule = 'required' and exists (select from app.associations_of(caller, 'staff'));
    passed := app.factor_passed(caller, jsonb_build_object('session_id', signed_in_as));
    select f.activated_at, f.reset_at,
           (select count(*) from app.recovery_codes c where c.account_id = caller and c.used_at is null)
    into activated_at, reset_at, recovery_codes_left
    from app.second_factors f where f.account_id = caller and f.activated_at is not null;
end $$;
grant execute on function app.own_second_factors(uuid, uuid, text) to ecopanier_api;
