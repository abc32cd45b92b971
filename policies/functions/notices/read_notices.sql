-- Mark one of the caller's notices as read, or all of them; return how many there were, read before or not.
-- Called by POST /v1/notices/{notice_id}/read and POST /v1/notices/read-all. The time of the first reading stays.
-- Definer, because nobody may write notices: only the caller's own.
-- Locks: the notices.
create or replace function app.read_notices(notice uuid default null) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    marked int;
begin
    if notice is not null then
        update app.notices n set read_at = coalesce(n.read_at, app.clock())
        where n.id = notice and n.account_id = app.caller() and n.in_app;
    else
        update app.notices n set read_at = app.clock()
        where n.account_id = app.caller() and n.read_at is null and n.in_app;
    end if;
    get diagnostics marked = row_count;
    if notice is not null and marked = 0 then raise exception 'notice.not_found' using errcode = 'EP404'; end if;
    return marked;
end $$;
grant execute on function app.read_notices(uuid) to authenticated;
