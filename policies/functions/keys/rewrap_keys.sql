-- Store data keys, also of chat hooks and webhooks, as the present master key wraps them; return how many were stored.
-- Called by `ecopanier keys rotate`, with the worker's login. A key that was rewrapped or destroyed meanwhile stays as
-- it is.
-- Definer, because nobody may write data keys; only the worker's login may execute it.
-- Locks: the data keys, the chat hooks, webhook endpoints, then their secrets.
create or replace function app.rewrap_keys(accounts uuid[], before bytea[], rewrapped bytea[], present text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    done  int;
    hooks int;
begin
    update key_vault.data_keys k set wrapped = n.rewrapped, master_key = present
    from unnest(accounts, before, rewrapped) as n (account_id, before, rewrapped)
    where k.account_id = n.account_id and k.wrapped = n.before;
    get diagnostics done = row_count;
    update app.chat_hooks h set wrapped = n.rewrapped, master_key = present
    from unnest(accounts, before, rewrapped) as n (key_id, before, rewrapped)
    where h.key_id = n.key_id and h.wrapped = n.before;
    get diagnostics hooks = row_count;
    done := done + hooks;
    update app.webhook_endpoints e set wrapped = n.rewrapped, master_key = present
    from unnest(accounts, before, rewrapped) as n (key_id, before, rewrapped)
    where e.key_id = n.key_id and e.wrapped = n.before;
    get diagnostics hooks = row_count;
    done := done + hooks;
    update app.webhook_secrets s set wrapped = n.rewrapped, master_key = present
    from unnest(accounts, before, rewrapped) as n (key_id, before, rewrapped)
    where s.key_id = n.key_id and s.wrapped = n.before;
    get diagnostics hooks = row_count;
    done := done + hooks;
    perform app.note('keys.rotated', 'keys', null, jsonb_build_object('rewrapped', done));
    return done;
end $$;
grant execute on function app.rewrap_keys(uuid[], bytea[], bytea[], text) to ecopanier_worker;
