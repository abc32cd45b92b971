-- Raise EP403 unless the caller operates a collection: owner or staff of the association that receives it, or an admin.
-- Called by acts on collections that operators alone may do. Only the owner may execute it.
-- Definer for the same reason as part_in_collection.
create or replace function app.require_operator(c app.collections) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(app.part_in_collection(c), '') not in ('association', 'admin') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
end $$;
