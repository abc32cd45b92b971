-- Return the account that an activation token belongs to, with that person's data key, so that the API can seal an
-- address.
-- Called by POST /v1/auth/activate before activate_beneficiary, as the API. The token is not used up.
-- Definer, because nobody may read tokens or data keys: it returns one key, to the holder of an unused token. Only the
-- API may execute it.
create or replace function app.key_for_activation(
    held bytea, out account uuid, out wrapped bytea, out master_key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select t.account_id, k.wrapped, k.master_key into account, wrapped, master_key
    from app.one_time_tokens t join key_vault.data_keys k on k.account_id = t.account_id
    where t.token_hash = held and t.purpose = 'activate' and t.used_at is null and t.expires_at > app.clock();
    if not found then raise exception 'auth.invalid_one_time_token' using errcode = 'EP422'; end if;
end $$;
grant execute on function app.key_for_activation(bytea) to ecopanier_api;
