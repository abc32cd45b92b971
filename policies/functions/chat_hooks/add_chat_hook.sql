-- Add a chat hook to the caller's association or, for an admin, to the platform; return its id.
-- Called by POST /v1/chat-hooks. The API has sealed the address with the key of `hook_key`, and wrapped that key.
-- Definer, because no role may write chat hooks. Only owners and admins get through (whose_chat_hooks).
-- Locks: an advisory lock on the association, or on the platform, so that two at once do not pass the most.
create or replace function app.add_chat_hook(
    hook_name text, hook_kind text, hook_events text[], hook_language text, hook_host text, hook_ends_with text,
    hook_key uuid, hook_sealed bytea, hook_wrapped bytea, hook_master_key text)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own   uuid := app.whose_chat_hooks();
    added uuid;
begin
    perform pg_advisory_xact_lock(hashtextextended('chat_hooks ' || coalesce(own::text, ''), 0));
    if (select count(*) from app.chat_hooks h where h.association_id is not distinct from own) >= 10 then
        raise exception 'chat_hook.too_many' using errcode = 'EP409';
    end if;
    insert into app.chat_hooks (association_id, name, kind, events, language, host, ends_with, key_id, sealed, wrapped,
                                master_key, created_at)
    values (own, hook_name, hook_kind, hook_events, hook_language, hook_host, hook_ends_with, hook_key, hook_sealed,
            hook_wrapped, hook_master_key, app.clock())
    returning id into added;
    perform app.note('chat_hook.added', case when own is null then 'platform' else 'association' end, own,
                     jsonb_build_object('chat_hook', added, 'kind', hook_kind));
    return added;
end $$;
grant execute on function app.add_chat_hook(text, text, text[], text, text, text, uuid, bytea, bytea, text)
    to authenticated;
