-- Return accounts whose time is over: beneficiaries whose right ended long ago, people who were silent for long and
-- were warned (not owners of shops or associations, which are kept as those of merchants are), and erased people whom a restored backup brought back.
-- Called by the worker's hourly job prune, which erases each in a transaction of its own (erase_in_time).
-- Definer, because nobody may read all accounts; only the worker may execute it.
create or replace function app.accounts_to_erase(most int) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select b.id from app.beneficiaries b
        where b.status <> 'erased' and b.eligible_until < app.paris_day(app.clock() - app.kept_for('beneficiaries'))
        union all
        select a.id from app.accounts a
        where a.role in ('customer', 'collector') and a.status <> 'erased'
          and a.last_seen_on < app.paris_day(app.clock() - app.kept_for('silent_accounts'))
          and a.warned_at <= app.clock() - app.kept_for('silent_account_notice')
          and not app.reserved_since(a.id, app.clock() - app.kept_for('silent_accounts'))
          and not exists (select from app.members m where m.account_id = a.id and m.role = 'owner')
        union all
        select a.id from key_vault.erased_accounts e join app.accounts a on a.id = e.account_id where a.status <> 'erased'
        limit most;
end $$;
grant execute on function app.accounts_to_erase(int) to ecopanier_worker;
