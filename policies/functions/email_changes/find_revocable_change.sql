-- Return the old address that taking a change back would restore: in clear, or sealed with the data key for a
-- beneficiary; neither while the change still waits. Raises EP422 if the token is unknown or over.
-- Called by POST /v1/auth/revoke-email-change before revoke_email_change, as the API. The token is not used up.
-- Definer, because nobody may read changes or data keys: it returns one to the holder of a token. Only the API may execute
-- it.
create or replace function app.find_revocable_change(
    held bytea, out account uuid, out old_email text, out old_sealed bytea, out wrapped bytea, out master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    select c.account_id, c.old_email, c.old_sealed, k.wrapped, k.master_key
    into account, old_email, old_sealed, wrapped, master_key
    from app.email_changes c join key_vault.data_keys k on k.account_id = c.account_id
    where c.revoke_hash = held and c.ends_at > app.clock();
    if not found then raise exception 'auth.invalid_one_time_token' using errcode = 'EP422'; end if;
    if old_sealed is not null then
        perform app.note('address.opened', 'account', account, jsonb_build_object('why', 'email_change'));
    end if;
end $$;
grant execute on function app.find_revocable_change(bytea) to ecopanier_api;
