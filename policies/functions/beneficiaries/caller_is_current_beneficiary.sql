-- The same question about the caller alone, for policies.
create or replace function app.caller_is_current_beneficiary() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(app.is_current_beneficiary(app.caller()), false);
end $$;
grant execute on function app.caller_is_current_beneficiary() to anon, authenticated;
