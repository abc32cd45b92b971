-- Return up to `most` statements of funds that are kept no longer: those of funds that were settled more than ten years
-- before the beginning of this year in Paris.
-- Called by the worker's job funds.forget, which removes the file first, then the row.
-- Definer, because only acts read statements; only the worker may execute it.
create or replace function app.fund_statements_over(most int) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id from accounting.fund_statements s join app.funds f on f.id = s.fund_id
    where f.settled_at is not null
      and greatest(f.settled_at, s.issued_at)
          < date_trunc('year', (app.clock() - app.kept_for('accounting_payments')) at time zone 'Europe/Paris')
            at time zone 'Europe/Paris'
      and not exists (select from accounting.grants g where g.statement_id = s.id)
      and not exists (select from accounting.grant_corrections c where c.statement_id = s.id)
    order by s.id limit most
$$;
grant execute on function app.fund_statements_over(int) to ecopanier_worker;
