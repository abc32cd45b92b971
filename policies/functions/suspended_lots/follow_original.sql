-- Trigger: show the free lot of given portions as its merchant shows the discounted lot beside it.
-- Fires after an update of a lot's title, description or photo (policies/tables/lots.sql). Locks: the free lot.
create or replace function app.follow_original() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.lots s
    set title = new.title, description = new.description, photo_id = new.photo_id, version = s.version + 1
    where s.suspended_from = new.id;
    return null;
end $$;
