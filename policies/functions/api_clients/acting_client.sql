-- Return the API client for which this transaction acts; null if there is none.
-- Called by note, claim_key and keep_answer. Whoever signs in as a person acts as that person, whatever the setting says;
-- only the product's own logins can name a client.
create or replace function app.acting_client() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if session_user not in ('ecopanier_api', 'ecopanier_worker') or app.caller() is not null then return null; end if;
    return nullif(current_setting('app.client', true), '')::uuid;
end $$;
