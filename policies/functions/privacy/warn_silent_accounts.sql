-- Warn customers and collectors who were not active for long that their account will be erased; return how many were
-- warned.
-- Called by the worker's hourly job prune, until it returns 0.
-- Definer, because nobody may read all accounts; only the worker may execute it.
-- Locks: the accounts; those that are locked are skipped.
create or replace function app.warn_silent_accounts(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
    warned  int := 0;
begin
    for account in
        update app.accounts a set warned_at = app.clock()
        where a.id = any (array(
            select s.id from app.accounts s
            where s.role in ('customer', 'collector') and s.status <> 'erased' and s.warned_at is null
              and s.last_seen_on < app.paris_day(
                  app.clock() - app.kept_for('silent_accounts') + app.kept_for('silent_account_notice'))
              and not app.reserved_since(
                  s.id, app.clock() - app.kept_for('silent_accounts') + app.kept_for('silent_account_notice'))
              and not exists (select from app.members m where m.account_id = s.id and m.role = 'owner')
            order by s.last_seen_on limit most for no key update skip locked))
        returning a.id
    loop
        perform app.notify(account, 'account_ends', '{}');
        warned := warned + 1;
    end loop;
    return warned;
end $$;
grant execute on function app.warn_silent_accounts(int) to ecopanier_worker;
