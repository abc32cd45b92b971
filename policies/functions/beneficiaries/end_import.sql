-- One's own import is done, or failed half-way: what it enrolled until then stays enrolled.
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
        -- At its begin lines were counted that turned out to be empty.
        lines = case how when 'done' then i.enrolled + i.already_enrolled + i.refused else i.lines end
    where i.id = import_id and i.account_id = app.caller() and i.status = 'running' returning i.* into ended;
    if not found then raise exception 'import.not_found' using errcode = 'EP404'; end if;
    perform app.note('import.' || how, 'import', import_id, jsonb_build_object(
        'enrolled', ended.enrolled, 'already_enrolled', ended.already_enrolled, 'refused', ended.refused));
end $$;
grant execute on function app.end_import(uuid, text) to authenticated;
