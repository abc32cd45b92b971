-- Return the next number of a series (`F` invoices, `A` credit notes) and the moment at which it is given: numbers have no
-- gaps and follow time, within a year in Paris.
-- Called by issue_document, in the transaction that inserts the document: if that is undone, so is the number.
-- Definer, because nobody may write numbers; only the owner may execute it.
-- Locks: the series' row until the end of the transaction, so two documents never get theirs at once.
create or replace function app.next_document_number(series text, out number text, out issued_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    given record;
    year  int := extract(year from app.clock() at time zone 'Europe/Paris');
begin
    insert into accounting.document_numbers as n (series, year, last, given_at)
    values (next_document_number.series, year, 1, app.clock())
    -- A transaction that began earlier may come later: its document then bears the time of the one before it.
    on conflict (series, year) do update set last = n.last + 1, given_at = greatest(n.given_at, excluded.given_at)
    returning n.last, n.given_at into given;
    number := next_document_number.series || year || '-' || lpad(given.last::text, 6, '0');
    issued_at := given.given_at;
end $$;
