-- The files of a photo are removed, so its row goes too. For the worker.
create or replace function app.photo_gone(photo uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.photos p where p.id = photo and p.status = 'going';
end $$;
grant execute on function app.photo_gone(uuid) to ecopanier_worker;
