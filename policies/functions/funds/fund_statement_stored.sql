-- Note that the file of a fund's statement is stored, with its SHA-256 and size, and tell the owners of its organisation
-- and its webhooks.
-- Return the SHA-256 that counts: of two that print at once, the first one's.
-- Called by the worker's job funds.print. Definer, because only acts write statements; only the worker may execute it.
-- Locks: the statement.
create or replace function app.fund_statement_stored(statement uuid, sha256 text, bytes int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    stored accounting.fund_statements;
begin
    update accounting.fund_statements s
    set sha256 = fund_statement_stored.sha256, bytes = fund_statement_stored.bytes, stored_at = app.clock()
    where s.id = statement and s.stored_at is null returning s.* into stored;
    if not found then
        return (select s.sha256 from accounting.fund_statements s where s.id = statement);
    end if;
    perform app.tell_fund(stored.fund_id, 'fund_statement_ready',
                          jsonb_build_object('first_day', stored.month, 'granted_cents', stored.granted_cents), statement::text);
    perform app.tell_webhooks('organisation', (select f.organisation_id from app.funds f where f.id = stored.fund_id),
                              'fund.statement_ready.v1',
                              format('/v1/funds/%s/statements/%s', stored.fund_id, to_char(stored.month, 'YYYY-MM')));
    return stored.sha256;
end $$;
grant execute on function app.fund_statement_stored(uuid, text, int) to ecopanier_worker;
