-- Report how well drafts of the last days foresaw what merchants published.
-- Called by `ecopanier ai report`, with the worker's login.
-- For each field: how often it was drafted, how often the merchant changed it, and how often they filled in what was
-- left empty. Also the median time from photo to publication, in seconds.
-- Definer, because nobody may read drafts; it returns numbers only, and only the worker's login may execute it.
create or replace function app.draft_report(
    days int, out drafts bigint, out published bigint, out median_seconds float8, out fields json)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    since timestamptz := app.clock() - make_interval(days => draft_report.days);
begin
    select count(*), count(d.published_at),
           percentile_cont(0.5) within group (order by extract(epoch from d.published_at - d.begun_at))
    into drafts, published, median_seconds
    from app.listing_drafts d where d.drafted_at >= since;

    select json_agg(f order by f.number) into fields from (
        select n.number, n.field, count(d.id) filter (where said.drafted) as drafted,
               count(d.id) filter (where said.drafted and not (said.was @> said.became and said.became @> said.was)) as changed,
               count(d.id) filter (where not said.drafted and said.became not in ('null', '[]', '""', 'false')) as filled
        from unnest(array[
            'title', 'description', 'category', 'original_price_cents', 'price_cents', 'portions', 'weight_grams',
            'date_kind', 'food_date', 'cold_chain', 'suspected_allergens', 'gtin', 'batch'
        ]) with ordinality as n (field, number)
        left join app.listing_drafts d on d.drafted_at >= since and d.published_at is not null
        cross join lateral (
            -- Compared by containing each other, so that the order of allergens does not matter.
            select d.draft -> n.field as was, d.published -> n.field as became,
                   d.draft -> n.field not in ('null', '[]', '""') as drafted) said
        group by n.number, n.field) f;
end $$;
grant execute on function app.draft_report(int) to ecopanier_worker;
