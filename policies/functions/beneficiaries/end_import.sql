-- End the caller's running import as done or failed; what it enrolled until then stays enrolled.
-- Called by POST /v1/beneficiaries/import after the last line, or when the import fails, as the account that began it.
-- Definer, because nobody may write imports. Only the account that began the import gets through.
-- Locks: the import.
create or replace function app.end_import(import_id uuid, how text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    ended app.imports;
begin
    if how is null or how not in ('done', 'failed') then
        raise exception 'decision.unknown' using errcode = 'EP422';
    end if;
    update app.imports i
    set status = how, seen_at = app.clock(), ended_at = app.clock(),
        -- The count at the beginning includes lines that turned out to be empty.
        lines = case how when 'done' then i.enrolled + i.already_enrolled + i.refused else i.lines end
    where i.id = import_id and i.account_id = app.caller() and i.status = 'running' returning i.* into ended;
    if not found then raise exception 'import.not_found' using errcode = 'EP404'; end if;
    perform app.notify(ended.account_id, 'import_ended', jsonb_build_object(
        'done', how = 'done', 'enrolled', ended.enrolled, 'already_enrolled', ended.already_enrolled,
        'refused', ended.refused), import_id::text, null, import_id);
    perform app.note('import.' || how, 'import', import_id, jsonb_build_object(
        'enrolled', ended.enrolled, 'already_enrolled', ended.already_enrolled, 'refused', ended.refused));
end $$;
grant execute on function app.end_import(uuid, text) to authenticated;
