-- Remove an account's second factor because it is lost, end the account's sessions and tell its holder. Return whether
-- there was one.
-- Called by end_lost_factors and drop_second_factor; only the owner may execute it.
-- Locks: the account, the factor with its recovery codes, then the sessions.
create or replace function app.forget_factor(account uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.accounts a where a.id = account for no key update;
    delete from app.second_factors f where f.account_id = account and f.activated_at is not null;
    if not found then return false; end if;
    update app.sessions s set ended_at = app.clock(), ended_because = 'factor_reset'
    where s.account_id = account and s.ended_at is null;
    perform app.note('second_factor.reset', 'account', account);
    perform app.notify(account, 'second_factor_removed', '{"by": "admin"}');
    return true;
end $$;
