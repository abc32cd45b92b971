-- Tell the followers of shops that they offer again, and find the alerts of saved places near them: up to `most` followers
-- and `most` places. Return how many lots it worked on, to be called again until that is 0.
-- Called by the worker's job favourites.announce. One transaction is one batch: the notices, their mails and how far it
-- came are written together, so that a worker that dies loses nobody and tells nobody twice.
-- A shop is told of once a day (where it is), with its first lot; of its first free lot only beneficiaries whose right is
-- current are told, once more. Lots share a batch, so that a shop with many followers does not hold up the others.
-- Alerts are found by the index of their areas, from the lots of the batch, and become due after `gather_minutes`;
-- tell_places tells.
-- Definer, because nobody may know who follows a shop; only the worker may execute it.
-- Locks: the entries, skipping those that are locked; then what notify_each locks; then alerts_due in the order of places.
create or replace function app.announce_lots(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
    moment   timestamptz := app.clock();
    entries  uuid[];
    part     int;
    accounts uuid[];
    told     jsonb[];
    onces    text[];
    subjects uuid[];
begin
    entries := array(select e.id from app.lots_to_announce e order by e.id limit 50 for update skip locked);
    if entries = '{}' then return 0; end if;
    part := greatest(1, most / cardinality(entries));
    -- A lot that is gone or sold out meanwhile is no news; one that became free has an entry of its own.
    delete from app.lots_to_announce e
    where e.id = any (entries) and not exists (
        select from app.lots l
        where l.id = e.lot_id and (l.kind = 'free') = e.free and app.is_offered_to(l, true, moment));

    with news as materialized (
        select e.id, e.free, e.followers_after, l.shop_id, l.id as lot,
               l.shop_id || ' ' || app.local_day(e.at, s.time_zone) || case when e.free then ' free' else '' end as once,
               jsonb_build_array(jsonb_build_object('shop_id', s.id, 'name', s.name,
                                                    'lots', app.offers_in_words(array[l.id], 1))) as told
        from app.lots_to_announce e join app.lots l on l.id = e.lot_id join app.shops s on s.id = l.shop_id
        where e.id = any (entries) and e.followers_after is not null
    ), followers as materialized (
        select n.id, f.account_id
        from news n cross join lateral (
            select x.account_id from app.favourites x
            where x.shop_id = n.shop_id and x.account_id > n.followers_after
            order by x.account_id limit part) f
    ), went as (
        update app.lots_to_announce e
        set followers_after = case when reached.number = part then reached.last end
        from (select n.id, count(f.account_id) as number, max(f.account_id::text collate "C")::uuid as last
              from news n left join followers f on f.id = n.id group by n.id) reached
        where e.id = reached.id)
    select array_agg(f.account_id), array_agg(n.told), array_agg(n.once), array_agg(n.lot)
    into accounts, told, onces, subjects
    from followers f join news n on n.id = f.id
    where not n.free or app.is_current_beneficiary(f.account_id);
    perform app.notify_each('favourite_offers', accounts, told, onces, subjects);

    with news as materialized (
        select e.id, e.free, e.at, e.places_after, circle(l.place, 0) as spot, l.category, l.price_cents
        from app.lots_to_announce e join app.lots l on l.id = e.lot_id
        where e.id = any (entries) and e.places_after is not null
    ), places as materialized (
        select n.id, a.place_id, a.account_id, a.categories, a.max_price_cents
        from news n cross join lateral (
            -- `offset 0`, so that the index of areas is asked: all alerts in the order of ids would be a scan.
            select x.* from (select y.* from app.place_alerts y where y.area @> n.spot offset 0) x
            where x.place_id > n.places_after
            order by x.place_id limit part) a
    ), went as (
        update app.lots_to_announce e
        set places_after = case when reached.number = part then reached.last end
        from (select n.id, count(p.place_id) as number, max(p.place_id::text collate "C")::uuid as last
              from news n left join places p on p.id = n.id group by n.id) reached
        where e.id = reached.id)
    insert into app.alerts_due as d (place_id, since, due_at)
    select p.place_id, min(n.at), moment + make_interval(mins => app.setting_int('gather_minutes'))
    from places p join news n on n.id = p.id
    where (p.categories = '{}' or n.category = any (p.categories))
      and (p.max_price_cents is null or n.price_cents <= p.max_price_cents)
      and (not n.free or app.is_current_beneficiary(p.account_id))
    group by p.place_id order by p.place_id
    on conflict (place_id) do update set since = excluded.since where excluded.since < d.since;

    delete from app.lots_to_announce e
    where e.id = any (entries) and e.followers_after is null and e.places_after is null;
    return cardinality(entries);
end $$;
grant execute on function app.announce_lots(int) to ecopanier_worker;
