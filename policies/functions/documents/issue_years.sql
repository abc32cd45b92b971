-- Issue the yearly copies of up to `most` shops for the last year, from January to March: what the platform declares of them to the tax
-- administration (DAC7, article 1649 ter A of the CGI). Return how many; fewer than `most` once all are issued.
-- Left out are only sellers with fewer than 30 sales and at most 2 000 euros net of our fees in the year; a seller is a company, by
-- its SIREN, whatever the number of its shops. A quarter has the totals of the lots that were closed in it, what was
-- corrected in it, and the number of sales: of passes, whoever paid for them, so that the copy does not tell a gift of several
-- portions from several sales. Quarters are those of Paris.
-- Called by the worker's job documents.issue_months. Definer, because the ledger is nobody's to read; only the worker may execute it.
-- Locks: the documents that it inserts.
create or replace function app.issue_years(platform jsonb, most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- Six hours after its end, what began in the year was committed.
    today  date := app.paris_day(app.clock() - interval '6 hours');
    last   int := extract(year from today) - 1;
    starts timestamptz := make_date(last, 1, 1)::timestamp at time zone 'Europe/Paris';
    ends   timestamptz := make_date(last + 1, 1, 1)::timestamp at time zone 'Europe/Paris';
    issued int;
begin
    if extract(month from today) > 3 then return 0; end if;
    with amounts as (
        select x.shop_id, extract(quarter from x.at at time zone 'Europe/Paris')::int as quarter,
               sum(x.net_cents) as consideration, sum(x.commission_cents + x.vat_cents) as fees, sum(x.sales) as sales
        from (select c.shop_id, c.closed_at as at, c.net_cents, c.commission_cents, c.vat_cents, c.sales
              from accounting.closed_lots c where c.closed_at >= starts and c.closed_at < ends
              union all
              select c.shop_id, c.at, c.net_cents, c.commission_cents, c.vat_cents, 0
              from accounting.closed_lot_corrections c where c.at >= starts and c.at < ends) x
        group by 1, 2
    ), quarters as (
        select s.shop_id, q.quarter, coalesce(x.consideration, 0) as consideration, coalesce(x.fees, 0) as fees,
               coalesce(x.sales, 0) as sales
        from (select distinct shop_id from amounts) s
        cross join generate_series(1, 4) as q (quarter)
        left join amounts x on x.shop_id = s.shop_id and x.quarter = q.quarter
    ), shops as (
        select q.shop_id, app.party_of(q.shop_id) as party, sum(q.consideration) as consideration, sum(q.sales) as sales,
               jsonb_agg(jsonb_build_object('sales', q.sales, 'consideration_cents', q.consideration, 'fees_cents', q.fees)
                         order by q.quarter) as quarters
        from quarters q group by q.shop_id
    ), sellers as (
        select s.*, sum(s.consideration) over seller as of_seller, sum(s.sales) over seller as sales_of_seller
        from shops s window seller as (partition by left(s.party ->> 'siret', 9))
    )
    insert into accounting.documents (kind, source, shop_id, first_day, last_day, gross_cents, issued_at, contents)
    select 'year', s.shop_id || ':' || last, s.shop_id, make_date(last, 1, 1),
           make_date(last, 12, 31), s.consideration, app.clock(),
           jsonb_build_object('year', last, 'issued_on', app.paris_day(app.clock()), 'seller', s.party,
                              'platform', platform, 'quarters', s.quarters)
    from sellers s
    where (s.sales_of_seller >= 30 or s.of_seller > 200000)
      and not exists (select from accounting.documents d
                      where d.kind = 'year' and d.source = s.shop_id || ':' || last)
    order by s.shop_id limit most
    on conflict on constraint documents_kind_source_key do nothing;
    get diagnostics issued = row_count;
    return issued;
end $$;
grant execute on function app.issue_years(jsonb, int) to ecopanier_worker;
