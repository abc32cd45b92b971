-- Add to the caller's running import how many more lines were enrolled, were already enrolled, or were refused.
-- Called by POST /v1/beneficiaries/import after each batch, in the transaction that enrolled it, as the account that
-- began the import.
-- Definer, because nobody may write imports. Only the account that began the import gets through.
-- Locks: the import.
create or replace function app.import_goes_on(import_id uuid, enrolled int, already_enrolled int, refused int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.imports i
    set enrolled = i.enrolled + import_goes_on.enrolled,
        already_enrolled = i.already_enrolled + import_goes_on.already_enrolled,
        refused = i.refused + import_goes_on.refused, seen_at = app.clock()
    where i.id = import_id and i.account_id = app.caller() and i.status = 'running';
    if not found then raise exception 'import.not_found' using errcode = 'EP404'; end if;
end $$;
grant execute on function app.import_goes_on(uuid, int, int, int) to authenticated;
