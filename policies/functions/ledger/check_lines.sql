-- Trigger: refuse lines that do not come to 0 for each posting and book, that have no account, or that are added to a
-- posting of another transaction. The books of each shop and of each fund are a book of their own.
-- Fires once for each statement that inserts lines, over all of them (policies/tables/ledger.sql).
create or replace function app.check_lines() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        select from new_lines n
        left join accounting.postings p on p.id = n.posting_id and p.xact = pg_current_xact_id()
        left join accounting.ledger_accounts a on a.id = n.account_id
        group by n.posting_id, a.book, case when a.book <> 'platform' then a.subject end
        having sum(n.cents) <> 0 or count(*) <> count(p.id) or count(*) <> count(a.id)) then
        raise exception 'the lines of a posting do not balance' using errcode = 'check_violation';
    end if;
    return null;
end $$;
