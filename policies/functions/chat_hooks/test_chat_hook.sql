-- Queue a test message for a chat hook, also for one that is switched off.
-- Called by POST /v1/chat-hooks/{hook_id}/test. Raises EP404 for one of others.
-- Definer, because nobody may queue jobs. Only owners and admins get through (whose_chat_hooks).
create or replace function app.test_chat_hook(hook uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own uuid := app.whose_chat_hooks();
begin
    if not exists (select from app.chat_hooks h where h.id = hook and h.association_id is not distinct from own) then
        raise exception 'chat_hook.not_found' using errcode = 'EP404';
    end if;
    perform app.defer('chat_hooks.post', jsonb_build_object('hook_id', hook, 'event', 'test'));
end $$;
grant execute on function app.test_chat_hook(uuid) to authenticated;
