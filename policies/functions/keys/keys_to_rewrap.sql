-- Data keys that another master key than the present one wraps, some at a time. For the worker's login, which the command
-- `ecopanier keys rotate` uses; without the master keys they are worth nothing.
create or replace function app.keys_to_rewrap(present text, beyond uuid, most int)
returns table (account_id uuid, wrapped bytea, master_key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select k.account_id, k.wrapped, k.master_key from vault.data_keys k
        where k.master_key <> present and (beyond is null or k.account_id > beyond)
        order by k.account_id limit most;
end $$;
grant execute on function app.keys_to_rewrap(text, uuid, int) to ecopanier_worker;
