-- What a merchant changes of how a lot is shown changes where its given portions are offered, too.
create or replace function app.follow_original() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.lots s
    set title = new.title, description = new.description, photo_id = new.photo_id, version = s.version + 1
    where s.suspended_from = new.id;
    return null;
end $$;
