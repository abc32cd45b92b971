-- A lot or a recurring listing takes a photo of its shop's merchant. One that was taken before is only held, so that two
-- who take several in different orders never wait for each other; held, the orphans' job leaves it alone.
create or replace function app.take_photo(photo uuid, owner uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.photos p where p.id = photo and p.account_id = owner and p.status = 'kept' and p.used for key share;
    if found then return; end if;
    update app.photos p set used = true where p.id = photo and p.account_id = owner and p.status = 'kept';
    if not found then raise exception 'lot.photo_unknown' using errcode = 'EP422'; end if;
end $$;
