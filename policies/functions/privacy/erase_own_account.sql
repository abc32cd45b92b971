-- Erase the caller's account.
-- Called by DELETE /v1/me, as its holder, after the password was checked.
-- Definer, because nobody may erase: it erases the caller only. Locks: those of erase_account.
create or replace function app.erase_own_account() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller() is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    perform app.erase_account(app.caller(), 'asked');
end $$;
grant execute on function app.erase_own_account() to authenticated;
