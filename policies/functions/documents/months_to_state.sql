-- Return the shops that a monthly statement is due for, with the month: that of the oldest closed lot, correction or
-- movement which no statement has yet, or the one after the last stated month, whichever is later.
-- Called by the worker's job documents.issue_months. A month is stated from six hours after its end in Paris on, when what
-- began in it was committed. What comes later still goes into the next statement.
-- Definer, because the ledger is nobody's to read; only the worker may execute it.
create or replace function app.months_to_state() returns table (shop_id uuid, month date)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with waiting as (
        select c.shop_id, c.closed_at as at from accounting.closed_lots c
        where not exists (select from accounting.stated_lots s where s.lot_id = c.lot_id)
        union all
        select c.shop_id, c.at from accounting.closed_lot_corrections c
        where not exists (select from accounting.stated_corrections s where s.correction_id = c.id)
        union all
        -- An older movement is in its shop's next statement all the same, but brings none about.
        select a.subject, p.event_at from accounting.postings p
        join accounting.lines l on l.posting_id = p.id
        join accounting.ledger_accounts a on a.id = l.account_id and a.kind = 'shop' and a.book = 'platform'
        where p.event_at > app.clock() - interval '100 days' and p.kind not in ('earned', 'invoice_vat', 'carried')
          and not exists (select from accounting.closed_lot_corrections c where c.posting_id = p.id)
          and not exists (select from accounting.stated_postings s where s.posting_id = p.id)
    ), first as (
        select w.shop_id, date_trunc('month', min(w.at) at time zone 'Europe/Paris')::date as month
        from waiting w group by w.shop_id
    ), due as (
        select f.shop_id, greatest(f.month, (select (max(d.first_day) + interval '1 month')::date
                                             from accounting.documents d
                                             where d.kind = 'statement' and d.shop_id = f.shop_id)) as month
        from first f
    )
    select d.shop_id, d.month from due d
    where (d.month + interval '1 month') at time zone 'Europe/Paris' + interval '6 hours' <= app.clock()
    order by d.month, d.shop_id
$$;
grant execute on function app.months_to_state() to ecopanier_worker;
