-- Return whose chat hooks the caller keeps: an association that they own, or null for the platform, which admins keep.
-- Called by add_chat_hook, remove_chat_hook, test_chat_hook and GET /v1/chat-hooks.
-- Raises EP403 for anybody else, and what acting_association raises. Not definer: it tells the caller about themselves.
create or replace function app.whose_chat_hooks() returns uuid
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    own uuid;
begin
    if app.caller_role() = 'admin' then return null; end if;
    own := app.acting_association('owner');
    if own is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return own;
end $$;
grant execute on function app.whose_chat_hooks() to authenticated;
