-- Return, month by month, how many people an association enrolled and what they reserved and collected.
-- Called by GET /v1/associations/me/activity and activity.csv, as a member of the association.
-- The months run from that of `since` to that of `until`; the default is this month and the eleven before it. They are
-- months where the association is. Those that had begun before it gave its commune began in Paris, and stay so: the
-- same month counted anew between other hours would tell what happened in the hours between.
-- Definer, because associations must not see who reserves what: only sums of the caller's own people come out.
-- A month's sum is null if fewer than 11 people stand behind it, or if it would follow from another figure; `enrolled`
-- is always given.
-- An act counts for the association that the person was with at that time. Otherwise the difference between the
-- figures before and after a transfer would be that one person's. For the same reason a month is added up only once it
-- is over: the difference between before and after a pickup would be one person's too.
create or replace function app.association_activity(
    since date, until date, out month text, out enrolled int, out reserved int, out collected int, out no_shows int,
    out food_kg numeric, out meals numeric)
returns setof record language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    association uuid := app.acting_association('reader');
    smallest    constant int := 11;
    moment      timestamptz := app.clock();
    zone        text;
    zone_since  timestamptz;
    after_last  date;
    first_day   date;
begin
    if association is null then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    select a.time_zone, coalesce(a.time_zone_since, '-infinity') into zone, zone_since
    from app.associations a where a.id = association;
    after_last := (date_trunc('month', coalesce(until, app.local_day(moment, zone))) + interval '1 month')::date;
    first_day := coalesce(date_trunc('month', since), after_last - interval '12 months')::date;
    if first_day >= after_last or first_day < after_last - interval '36 months' then
        raise exception 'period.invalid' using errcode = 'EP422';
    end if;
    return query
    with edges as (
        select d.day, case when d.in_paris <= zone_since then d.in_paris else d.day::timestamp at time zone zone end as at
        from (select g.first::date as day, g.first at time zone 'Europe/Paris' as in_paris
              from generate_series(first_day::timestamp, after_last::timestamp, interval '1 month') g (first)) d
    ), months as (
        select m.first, m.begins, m.ends, m.ends <= moment as is_over
        from (select e.day as first, e.at as begins, lead(e.at) over (order by e.day) as ends from edges e) m
        where m.ends is not null
    ), moves as (
        select t.beneficiary_id, t.ended_at as at, t.to_association_id = association as comes
        from app.transfers t
        where t.status = 'accepted' and association in (t.from_association_id, t.to_association_id)
    ), people as (  -- the time that each person was with the association
        select b.id, coalesce(m.at, '-infinity') as came, 'infinity'::timestamptz as went
        from app.beneficiaries b
        left join (select c.beneficiary_id, max(c.at) as at from moves c where c.comes group by 1) m
            on m.beneficiary_id = b.id
        where b.association_id = association
        union all
        select m.beneficiary_id, m.came, m.at
        from (select c.*, coalesce(lag(c.at) over (partition by c.beneficiary_id order by c.at), '-infinity') as came
              from moves c) m
        where not m.comes
    ), joined as (
        select m.first, count(*)::int as people
        from people p join app.beneficiaries b on b.id = p.id
        join months m on b.created_at >= m.begins and b.created_at < m.ends
        where p.came = '-infinity' group by 1
    ), taken as (
        select m.first, count(distinct r.account_id) as people, sum(r.quantity)::int as portions,
               coalesce(sum(r.quantity) filter (where r.status = 'no_show'), 0)::int as missed
        from app.reservations r join people p on p.id = r.account_id and r.created_at >= p.came and r.created_at < p.went
        join months m on m.is_over and r.created_at >= m.begins and r.created_at < m.ends
        where r.quota_day is not null and r.status <> 'cancelled' group by 1
    ), eaten as (
        select m.first, count(distinct e.account_id) as people, sum(r.quantity)::int as portions,
               sum(e.food_grams)::bigint as grams, sum(e.meals) as meals
        from app.impact_entries e
        join people p on p.id = e.account_id and e.recorded_at >= p.came and e.recorded_at < p.went
        join months m on m.is_over and e.recorded_at >= m.begins and e.recorded_at < m.ends
        join app.reservations r on r.id = e.reservation_id
        where r.quota_day is not null group by 1
    )
    select to_char(m.first, 'YYYY-MM'), coalesce(j.people, 0),
           case when t.people >= smallest then t.portions end,
           case when c.people >= smallest then c.portions end,
           -- Together with the portions reserved it would tell the portions collected.
           case when c.people >= smallest and t.people >= smallest then t.missed end,
           case when c.people >= smallest then round(c.grams / 1000.0, 1) end,
           case when c.people >= smallest then round(c.meals, 1) end
    from months m
    left join joined j on j.first = m.first
    left join taken t on t.first = m.first
    left join eaten c on c.first = m.first
    order by m.first;
end $$;
grant execute on function app.association_activity(date, date) to authenticated;
