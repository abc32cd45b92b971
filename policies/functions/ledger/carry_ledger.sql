-- Replace up to `most` postings whose ten years are over by one that carries their sums forward, so that each account keeps
-- its balance; return how many went.
-- Called by the worker's hourly job prune, after the rows that refer to them were pruned, until it returns 0.
-- Definer, because nobody else may write the ledger; only the worker may execute it.
create or replace function app.carry_ledger(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    over timestamptz := date_trunc('year', (app.clock() - app.kept_for('accounting_payments')) at time zone 'Europe/Paris')
                        at time zone 'Europe/Paris';
    old  bigint[];
begin
    old := array(
        select p.id from accounting.postings p
        where p.event_at < over
          and not exists (select from accounting.closed_lot_corrections c where c.posting_id = p.id or c.earned_id = p.id)
          and not exists (select from accounting.stripe_balance_transactions t where t.posting_id = p.id)
        order by p.event_at limit most);
    if old = '{}' then return 0; end if;
    perform app.post('carried', old[1]::text, null, app.clock(), array_agg(s.account_id), array_agg(s.cents))
    from (select n.account_id, sum(n.cents)::bigint as cents from accounting.lines n where n.posting_id = any (old)
          group by n.account_id) s;
    delete from accounting.lines n where n.posting_id = any (old);
    delete from accounting.postings p where p.id = any (old);
    return cardinality(old);
end $$;
grant execute on function app.carry_ledger(int) to ecopanier_worker;
