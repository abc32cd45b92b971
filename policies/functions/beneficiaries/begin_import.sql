-- Begin an import of at most this many lines; return its id.
-- Called by POST /v1/beneficiaries/import, as a verified association or an admin.
-- Definer, because nobody may write imports. Only owners and staff of a verified association get through, and admins.
create or replace function app.begin_import(lines int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    begun uuid;
begin
    if app.caller_role() is distinct from 'admin' and app.acting_verified() is null then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    insert into app.imports (account_id, lines, begun_at, seen_at)
    values (app.caller(), begin_import.lines, app.clock(), app.clock())
    returning id into begun;
    perform app.note('import.begun', 'import', begun, jsonb_build_object('lines', begin_import.lines));
    return begun;
end $$;
grant execute on function app.begin_import(int) to authenticated;
