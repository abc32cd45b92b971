-- Begin the reset of somebody's second factor; return when the factor goes: in 24 hours.
-- Called by POST /v1/admin/accounts/{account_id}/second-factor/reset, as an admin, whom somebody may have deceived. So
-- the holder is told at once, and whoever still has the factor ends the reset by signing in with it. Asking again
-- changes nothing.
-- Raises EP409 for the admin's own account, EP404 if the account has no factor. Definer, because nobody may write second
-- factors. Only an admin gets through.
-- Locks: the account, then the factor.
create or replace function app.ask_factor_reset(account uuid, why text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    due timestamptz;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if account = app.caller() then raise exception 'second_factor.own_reset' using errcode = 'EP409'; end if;
    perform from app.accounts a where a.id = account and a.status <> 'erased' for no key update;
    if not found then raise exception 'account.not_found' using errcode = 'EP404'; end if;
    select f.reset_at into due from app.second_factors f
    where f.account_id = account and f.activated_at is not null for update;
    if not found then raise exception 'second_factor.not_found' using errcode = 'EP404'; end if;
    if due is not null then return due; end if;

    due := app.clock() + interval '24 hours';
    update app.second_factors f set reset_at = due where f.account_id = account;
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('account', account, 'factor_reset', why, app.caller(), app.clock());
    perform app.notify(account, 'second_factor_reset', jsonb_build_object('reset_at', due));
    return due;
end $$;
grant execute on function app.ask_factor_reset(uuid, text) to authenticated;
