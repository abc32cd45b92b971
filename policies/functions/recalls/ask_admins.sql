-- Tell all admins that lots wait for their decision about a recall notice, at most once a day and notice.
-- Called by take_recall_notice, recall_feed_read and compare_with_notices.
-- Definer, because it reads accounts; only the owner may execute it.
create or replace function app.ask_admins(notice uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.tell_admins('recall', n.id, n.title, null, n.id || ' ' || (app.clock() at time zone 'UTC')::date)
    from app.recall_notices n where n.id = notice;
end $$;
