-- Trigger: refuse to delete a line whose posting is younger than ten years.
-- Fires for each line that is deleted (policies/tables/ledger.sql).
create or replace function app.keep_lines() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from accounting.postings p
               where p.id = old.posting_id and p.event_at > app.clock() - interval '10 years') then
        raise exception 'record.append_only' using errcode = 'EP409';
    end if;
    return old;
end $$;
