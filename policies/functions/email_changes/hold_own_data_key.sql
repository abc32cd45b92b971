-- Return the caller's data key, wrapped; the offered one if they have none yet.
-- Called by POST /v1/me/email before the new address is sealed, as the API.
-- Definer, because nobody may read or write data keys; only the API may execute it.
-- Locks: the data key, if it is new.
create or replace function app.hold_own_data_key(
    caller uuid, offered bytea, offered_master_key text, out wrapped bytea, out master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    insert into key_vault.data_keys (account_id, wrapped, master_key) values (caller, offered, offered_master_key)
    on conflict on constraint data_keys_pkey do nothing;
    select k.wrapped, k.master_key into wrapped, master_key
    from key_vault.data_keys k where k.account_id = caller;
end $$;
grant execute on function app.hold_own_data_key(uuid, bytea, text) to ecopanier_api;
