-- Return the caller's data key, wrapped; the offered one if they have none yet. Return the name by which their
-- authenticator will list the account, too: the address, or for a beneficiary the code.
-- Called by POST /v1/me/second-factors before the secret is sealed, as the API.
-- Raises EP409 if the caller has a second factor. Definer, because nobody may read or write data keys; only the API may
-- execute it.
create or replace function app.hold_data_key(
    caller uuid, offered bytea, offered_master_key text, out wrapped bytea, out master_key text, out label text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    if app.has_second_factor(caller) then raise exception 'second_factor.exists' using errcode = 'EP409'; end if;
    insert into key_vault.data_keys (account_id, wrapped, master_key) values (caller, offered, offered_master_key)
    on conflict on constraint data_keys_pkey do nothing;
    select k.wrapped, k.master_key, coalesce(a.email, a.display_name) into wrapped, master_key, label
    from key_vault.data_keys k join app.accounts a on a.id = k.account_id where k.account_id = caller;
end $$;
grant execute on function app.hold_data_key(uuid, bytea, text) to ecopanier_api;
