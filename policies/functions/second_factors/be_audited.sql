-- Make an account the actor of the audit entries that follow in this transaction.
-- Called by acts of the API that have taken the caller's id as an argument and write several entries. Only the owner may
-- execute it.
create or replace function app.be_audited(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('request.jwt.claims', jsonb_build_object('sub', account)::text, true);
end $$;
