-- Tell people what came on offer near their saved places, for up to `most` alerts that are due; return how many it looked
-- at, to be called again until that is 0.
-- Called by the worker's job favourites.announce. All that was published since the alert became due is one notice, a
-- place at most `most_a_day` times on a day of its person, and never in their quiet hours: an alert that may not be told
-- now waits. A lot is told of if it can still be reserved; free lots only to people whose right is current.
-- Definer, because it reads everybody's places; only the worker may execute it.
-- Locks: the entries, skipping those that are locked, so that of two workers only one counts an alert; then the alerts,
-- and what notify_each locks. Even without the locks a unique index of notices keeps the number a day.
create or replace function app.tell_places(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
    moment   timestamptz := app.clock();
    due      uuid[];
    now_told uuid[];
    accounts uuid[];
    told     jsonb[];
    onces    text[];
    subjects uuid[];
begin
    due := array(select d.place_id from app.alerts_due d where d.due_at <= moment order by d.due_at limit most
                 for update skip locked);
    if due = '{}' then return 0; end if;
    delete from app.alerts_due d
    where d.place_id = any (due) and not exists (select from app.place_alerts a where a.place_id = d.place_id);

    with people as materialized (
        select a.place_id, a.most_a_day, a.told_on, a.told, z.zone, app.local_day(moment, z.zone) as today,
               app.quiet_until(a.account_id, moment) as quiet, a.account_id
        from app.place_alerts a cross join lateral (select app.zone_of_person(a.account_id) as zone offset 0) z
        where a.place_id = any (due)
    ), waiting as (
        select p.place_id,
               case when p.told_on = p.today and p.told >= p.most_a_day then
                   (select coalesce(app.quiet_until(p.account_id, m.midnight), m.midnight)
                    from (select (p.today + 1)::timestamp at time zone p.zone as midnight) m)
               else p.quiet end as until
        from people p
    ), later as (
        update app.alerts_due d set due_at = w.until
        from waiting w where w.place_id = d.place_id and w.until is not null)
    select array_agg(w.place_id) into now_told from waiting w where w.until is null;

    with offers as materialized (
        select a.place_id, a.account_id, p.name, app.local_day(moment, app.zone_of_person(a.account_id)) as today,
               case when a.told_on = app.local_day(moment, app.zone_of_person(a.account_id)) then a.told else 0 end as told,
               near.lots
        from app.place_alerts a join app.saved_places p on p.id = a.place_id join app.alerts_due d on d.place_id = a.place_id
        cross join lateral (
            select array_agg(n.id) as lots from (
                select k.lot_id as id
                from (values ('discounted'), ('free')) as shelves (kind)
                join app.lot_stock k
                    on k.published and k.remaining > 0 and k.pickup_end > moment
                    and k.shelf <@ circle(app.on_shelf(center(a.area), shelves.kind, 0), radius(a.area))
                join app.lots l on l.id = k.lot_id
                where (shelves.kind = 'discounted' or app.is_current_beneficiary(a.account_id))
                  and coalesce(l.converted_at, l.published_at) >= d.since
                  and (a.categories = '{}' or l.category = any (a.categories))
                  and (a.max_price_cents is null or l.price_cents <= a.max_price_cents)
                  and app.is_offered_to(l, true, moment)
                order by k.lot_id desc limit 10) n) near
        where a.place_id = any (now_told) and near.lots is not null
    ), counted as (
        update app.place_alerts a set told_on = o.today, told = o.told + 1 from offers o where o.place_id = a.place_id)
    select array_agg(o.account_id),
           array_agg(jsonb_build_array(jsonb_build_object('name', o.name, 'lots', app.offers_in_words(o.lots, 10)))),
           array_agg(o.place_id || ' ' || o.today || ' ' || o.told + 1), array_agg(o.place_id)
    into accounts, told, onces, subjects
    from offers o;
    perform app.notify_each('place_offers', accounts, told, onces, subjects);
    delete from app.alerts_due d where d.place_id = any (now_told);
    return cardinality(due);
end $$;
grant execute on function app.tell_places(int) to ecopanier_worker;
