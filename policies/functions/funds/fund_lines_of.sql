-- Return the lines of a statement that is about to be issued: what a fund granted each shop, and took back, up to the end of
-- a month in Paris, as far as no statement has it yet.
-- Called by issue_fund_statements. `above`: with this statement the shop's company comes to more than 300 000 euros from all
-- funds in three years, which is what EU regulation 2023/2831 allows as de minimis aid. Only whether is said, because the
-- amounts that others granted are theirs.
-- Definer, because only acts read grants; only the owner may execute it.
create or replace function app.fund_lines_of(
    fund uuid, month date, out shop_id uuid, out siret text, out name text, out portions int, out grams bigint,
    out cents bigint, out above boolean) returns setof record
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with sums as (
        select x.shop_id, sum(x.portions)::int as portions, sum(x.grams)::bigint as grams, sum(x.cents)::bigint as cents
        from (select g.shop_id, g.portions, g.grams, g.cents from accounting.grants g
              where g.fund_id = fund and g.statement_id is null
                and g.granted_at < (month + interval '1 month') at time zone 'Europe/Paris'
              union all
              select c.shop_id, c.portions, c.grams, c.cents from accounting.grant_corrections c
              where c.fund_id = fund and c.statement_id is null
                and c.at < (month + interval '1 month') at time zone 'Europe/Paris') x
        group by x.shop_id
    ), named as (
        select s.*, p.party ->> 'siret' as siret, p.party ->> 'name' as name
        from sums s cross join lateral (select app.party_of(s.shop_id) as party) p
    )
    select n.shop_id, n.siret, n.name, n.portions, n.grams, n.cents,
           sum(n.cents) over (partition by left(n.siret, 9)) + coalesce((
               select sum(l.cents) from accounting.fund_lines l
               join accounting.fund_statements t on t.id = l.statement_id
               where left(l.siret, 9) = left(n.siret, 9)
                 and t.month > (fund_lines_of.month - interval '3 years')::date), 0) > 30000000
    from named n
$$;
