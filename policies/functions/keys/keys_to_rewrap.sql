-- Return up to `most` data keys that are not wrapped by the present master key, in the order of accounts; those of chat
-- hooks and webhooks, which belong to no account, stand among them by their own ids.
-- Called by `ecopanier keys rotate`, with the worker's login.
-- Definer, because nobody may read data keys; only the worker's login may execute it. Without the master keys they are
-- worthless.
create or replace function app.keys_to_rewrap(present text, beyond uuid, most int)
returns table (account_id uuid, wrapped bytea, master_key text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        (select k.account_id, k.wrapped, k.master_key from key_vault.data_keys k
         where k.master_key <> present and (beyond is null or k.account_id > beyond)
         order by k.account_id limit most)
        union all
        (select h.key_id, h.wrapped, h.master_key from app.chat_hooks h
         where h.master_key <> present and (beyond is null or h.key_id > beyond)
         order by h.key_id limit most)
        union all
        (select e.key_id, e.wrapped, e.master_key from app.webhook_endpoints e
         where e.master_key <> present and (beyond is null or e.key_id > beyond)
         order by e.key_id limit most)
        union all
        (select s.key_id, s.wrapped, s.master_key from app.webhook_secrets s
         where s.master_key <> present and (beyond is null or s.key_id > beyond)
         order by s.key_id limit most)
        order by 1 limit most;
end $$;
grant execute on function app.keys_to_rewrap(text, uuid, int) to ecopanier_worker;
