-- Keep whether a message reached a chat hook (`failed` is null) or why it did not; return whether to try again.
-- Called by the worker's job chat_hooks.post. A hook is switched off, and its owners are told once, if it says that it
-- is gone, fails for 5 days, or fails 20 times in a row over a day at least: many messages during a short breakdown do
-- not switch it off. A message that gets through switches it on again.
-- Definer, because nobody may write chat hooks; only the worker may execute it. Locks: the hook.
create or replace function app.chat_posted(hook uuid, failed text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    h      app.chat_hooks;
begin
    if failed is null then
        update app.chat_hooks x
        set posted_at = moment, failures = 0, failing_since = null, problem = null, off_at = null where x.id = hook;
        return false;
    end if;
    update app.chat_hooks x
    set failures = x.failures + 1, failing_since = coalesce(x.failing_since, moment), problem = failed
    where x.id = hook returning x.* into h;
    if not found or h.off_at is not null then return false; end if;
    if failed <> 'gone' and h.failing_since > moment - interval '5 days'
       and (h.failures < 20 or h.failing_since > moment - interval '1 day') then
        return true;
    end if;
    update app.chat_hooks x set off_at = moment where x.id = hook;
    perform app.notify(w.account_id, 'chat_hook_off',
                       jsonb_build_object('name', h.name, 'kind', h.kind, 'host', h.host), hook::text || h.failing_since,
                       null, hook)
    from (select m.account_id from app.members m
          where m.association_id = h.association_id and m.role = 'owner' and m.account_id is not null
          union all
          select a.id from app.accounts a
          where h.association_id is null and a.role = 'admin' and a.status = 'active') w
    order by w.account_id;
    perform app.note('chat_hook.off', case when h.association_id is null then 'platform' else 'association' end,
                     h.association_id, jsonb_build_object('chat_hook', hook, 'problem', failed));
    return false;
end $$;
grant execute on function app.chat_posted(uuid, text) to ecopanier_worker;
