-- Erase an account whose time is over, unless its right was renewed or its person came back meanwhile.
-- Called by the worker's hourly job prune, for each account that accounts_to_erase returned.
-- Definer, because nobody may erase; only the worker may execute it.
-- Locks: the beneficiary or the account, then those of erase_account.
create or replace function app.erase_in_time(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.beneficiaries b
    where b.id = account and b.status <> 'erased'
      and b.eligible_until < app.paris_day(app.clock() - app.kept_for('beneficiaries'))
    for update;
    if not found then
        perform from app.accounts a
        where a.id = account and a.role in ('customer', 'collector') and a.status <> 'erased'
          and a.last_seen_on < app.paris_day(app.clock() - app.kept_for('silent_accounts'))
          and a.warned_at <= app.clock() - app.kept_for('silent_account_notice')
          and not app.reserved_since(a.id, app.clock() - app.kept_for('silent_accounts'))
        for no key update;
    end if;
    if not found then
        perform from key_vault.erased_accounts e join app.accounts a on a.id = e.account_id
        where e.account_id = account and a.status <> 'erased';
    end if;
    if found then perform app.erase_account(account, 'time_over'); end if;
end $$;
grant execute on function app.erase_in_time(uuid) to ecopanier_worker;
