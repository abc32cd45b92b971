-- Issue a shop's papers of a month, all in one transaction: its statement, the invoice of the commission, and a credit note
-- for each earlier invoice whose commission was given back. Return how many; 0 if they were issued before.
-- Called by the worker's job documents.issue_months, for what months_to_state returns. `platform` is who invoices.
-- What a lot's correction changes before its lot was invoiced lowers the invoice; afterwards a credit note names that
-- invoice. Only totals of closed lots are read, sold and suspended together. The VAT of an invoice is 20 % of its total: where
-- the VAT that was kept back lot by lot differs by some cents, one posting `invoice_vat` moves them.
-- Definer, because nobody may write documents; only the worker may execute it.
-- Locks: an advisory lock on the shop, the ledger's posting, and at the end the series of numbers.
create or replace function app.issue_month(shop uuid, month date, platform jsonb) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    months    constant text[] := array['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août',
                                       'septembre', 'octobre', 'novembre', 'décembre'];
    ends      timestamptz := (month + interval '1 month') at time zone 'Europe/Paris';
    month_end  date := month + interval '1 month' - interval '1 day';
    named     text := months[extract(month from month)] || ' ' || extract(year from month);
    key       text := shop || ':' || to_char(month, 'YYYY-MM');
    zone      text := (select s.time_zone from app.shops s where s.id = shop);
    statement uuid := app.uuid7();
    lines     jsonb := '[]';
    numbers   jsonb := '[]';
    -- What the VAT of the papers adds to the balance due, beside what was kept back or given back lot by lot.
    rounding  bigint := 0;
    kept_vat  bigint := 0;
    issued    int := 1;
    opening   bigint;
    closing   bigint;
    totals    record;
    earlier   record;
    document  uuid;
    paper     accounting.documents;
begin
    if month <> date_trunc('month', month)::date or ends > app.clock() then
        raise exception 'only whole months that are over are stated' using errcode = 'check_violation';
    end if;
    perform pg_advisory_xact_lock(hashtext('issue_month'), hashtext(shop::text));
    if exists (select from accounting.documents d where d.kind = 'statement' and d.source = key) then return 0; end if;

    insert into accounting.stated_lots (lot_id, statement_id)
    select c.lot_id, statement from accounting.closed_lots c
    where c.shop_id = shop and c.closed_at < ends
      and not exists (select from accounting.stated_lots s where s.lot_id = c.lot_id);
    insert into accounting.stated_corrections (correction_id, statement_id)
    select c.id, statement from accounting.closed_lot_corrections c
    where c.shop_id = shop and c.at < ends
      and not exists (select from accounting.stated_corrections s where s.correction_id = c.id)
      -- A lot is stated before what was corrected of it.
      and exists (select from accounting.stated_lots s where s.lot_id = c.lot_id);
    insert into accounting.stated_postings (posting_id, statement_id)
    select m.posting_id, statement from app.unstated_movements(shop) m where m.event_at < ends;

    -- The lots of this statement, with what was corrected of them since.
    select count(*) as lots, coalesce(sum(c.commission_cents), 0) as commission, coalesce(sum(c.vat_cents), 0) as vat
    into totals from accounting.stated_lots s join accounting.closed_lots c on c.lot_id = s.lot_id
    where s.statement_id = statement;
    select totals.commission + coalesce(sum(c.commission_cents), 0), totals.vat + coalesce(sum(c.vat_cents), 0)
    into totals.commission, totals.vat
    from accounting.stated_corrections k
    join accounting.closed_lot_corrections c on c.id = k.correction_id
    join accounting.stated_lots s on s.lot_id = c.lot_id
    where k.statement_id = statement and s.statement_id = statement;
    if totals.commission > 0 then
        lines := jsonb_build_array(jsonb_build_object(
            'text', format('Commission d''intermédiation sur les ventes de %s (%s)', named,
                           case totals.lots when 1 then '1 lot clos' else totals.lots || ' lots clos' end),
            'cents', totals.commission));
        kept_vat := totals.vat;
    else
        rounding := rounding + totals.vat;
    end if;

    -- What changed of lots that earlier invoices billed: mostly given back. Commission that came back to us, because a refund
    -- failed, is billed now.
    for earlier in
        select i.id, i.number, sum(c.commission_cents) as commission, sum(c.vat_cents) as vat
        from accounting.stated_corrections k
        join accounting.closed_lot_corrections c on c.id = k.correction_id
        join accounting.stated_lots s on s.lot_id = c.lot_id
        join accounting.documents d on d.id = s.statement_id
        join accounting.documents i on i.kind = 'invoice' and i.source = d.source
        where k.statement_id = statement and s.statement_id <> statement
        group by i.id, i.number order by i.number
    loop
        if earlier.commission > 0 then
            lines := lines || jsonb_build_object(
                'text', format('Commission rétablie de la facture n° %s', earlier.number), 'cents', earlier.commission);
            kept_vat := kept_vat + earlier.vat;
        elsif earlier.commission < 0 then
            document := app.issue_document(
                'credit_note', key || ':' || earlier.number, shop, month, month_end, platform,
                jsonb_build_array(jsonb_build_object(
                    'text', format('Commission rendue sur la facture n° %s', earlier.number),
                    'cents', -earlier.commission)),
                false, earlier.id);
            select d.* into strict paper from accounting.documents d where d.id = document;
            rounding := rounding + paper.vat_cents + earlier.vat;
            numbers := numbers || to_jsonb(paper.number);
            issued := issued + 1;
        else
            rounding := rounding + earlier.vat;
        end if;
    end loop;
    if lines <> '[]' then
        document := app.issue_document('invoice', key, shop, month, month_end, platform, lines);
        select d.* into strict paper from accounting.documents d where d.id = document;
        rounding := rounding + kept_vat - paper.vat_cents;
        numbers := jsonb_build_array(paper.number) || numbers;
        issued := issued + 1;
    end if;
    perform app.post('invoice_vat', statement::text, null, app.clock(),
                     array[app.ledger_account('shop', shop), app.ledger_account('vat')], array[-rounding, rounding]);

    select coalesce((select (d.contents ->> 'closing_cents')::bigint from accounting.documents d
                     where d.kind = 'statement' and d.shop_id = shop order by d.first_day desc limit 1), 0) into opening;
    select opening + rounding
           + coalesce((select sum(c.net_cents) from accounting.stated_lots s
                       join accounting.closed_lots c on c.lot_id = s.lot_id where s.statement_id = statement), 0)
           + coalesce((select sum(c.net_cents) from accounting.stated_corrections k
                       join accounting.closed_lot_corrections c on c.id = k.correction_id
                       where k.statement_id = statement), 0)
           + coalesce((select -sum(l.cents) from accounting.stated_postings k
                       join accounting.lines l on l.posting_id = k.posting_id
                        and l.account_id = app.ledger_account('shop', shop)
                       where k.statement_id = statement), 0)
    into closing;

    insert into accounting.documents (id, kind, source, shop_id, first_day, last_day, net_cents, vat_cents, gross_cents,
                                      issued_at, contents)
    select statement, 'statement', key, shop, month, month_end,
           coalesce(sum((line ->> 'commission_cents')::bigint), 0), coalesce(sum((line ->> 'vat_cents')::bigint), 0),
           coalesce(sum((line ->> 'gross_cents')::bigint), 0), app.clock(),
           jsonb_build_object(
               'issued_on', app.paris_day(app.clock()), 'first_day', month, 'last_day', month_end,
               'shop', app.party_of(shop), 'platform', platform, 'opening_cents', opening, 'closing_cents', closing,
               'rounding_cents', rounding, 'invoices', numbers,
               'lots', coalesce(jsonb_agg(line order by number) filter (where part = 'lots'), '[]'),
               'corrections', coalesce(jsonb_agg(line order by number) filter (where part = 'corrections'), '[]'),
               'movements', (
                   select coalesce(jsonb_agg(jsonb_build_object(
                       'on', (p.event_at at time zone zone)::date, 'kind', p.kind, 'cents', -l.cents)
                       order by p.event_at, p.id), '[]')
                   from accounting.stated_postings k
                   join accounting.postings p on p.id = k.posting_id
                   join accounting.lines l on l.posting_id = p.id and l.account_id = app.ledger_account('shop', shop)
                   where k.statement_id = statement))
    from (
        select 'lots' as part, row_number() over (order by c.window_ended_at, c.lot_id) as number,
               jsonb_build_object(
                   'title', c.title, 'on', (c.window_ended_at at time zone zone)::date, 'gross_cents', c.gross_cents,
                   'commission_cents', c.commission_cents, 'vat_cents', c.vat_cents, 'net_cents', c.net_cents) as line
        from accounting.stated_lots s join accounting.closed_lots c on c.lot_id = s.lot_id
        where s.statement_id = statement
        union all
        -- All that was corrected of a lot on a day, in one line: how many refunds it were says how many portions.
        select 'corrections', row_number() over (order by (c.at at time zone zone)::date, c.lot_id),
               jsonb_build_object(
                   'title', o.title, 'on', (c.at at time zone zone)::date, 'gross_cents', sum(c.gross_cents),
                   'commission_cents', sum(c.commission_cents), 'vat_cents', sum(c.vat_cents),
                   'net_cents', sum(c.net_cents))
        from accounting.stated_corrections k
        join accounting.closed_lot_corrections c on c.id = k.correction_id
        join accounting.closed_lots o on o.lot_id = c.lot_id
        where k.statement_id = statement
        group by c.lot_id, o.title, (c.at at time zone zone)::date
    ) parts;
    return issued;
end $$;
grant execute on function app.issue_month(uuid, date, jsonb) to ecopanier_worker;
