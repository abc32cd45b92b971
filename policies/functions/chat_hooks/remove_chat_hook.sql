-- Remove a chat hook with its sealed address. What is queued for it is not posted any more.
-- Called by DELETE /v1/chat-hooks/{hook_id}. Raises EP404 for one of others.
-- Definer, because no role may write chat hooks. Only owners and admins get through (whose_chat_hooks).
create or replace function app.remove_chat_hook(hook uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own uuid := app.whose_chat_hooks();
begin
    delete from app.chat_hooks h where h.id = hook and h.association_id is not distinct from own;
    if not found then raise exception 'chat_hook.not_found' using errcode = 'EP404'; end if;
    perform app.note('chat_hook.removed', case when own is null then 'platform' else 'association' end, own,
                     jsonb_build_object('chat_hook', hook));
end $$;
grant execute on function app.remove_chat_hook(uuid) to authenticated;
