-- Ask to have collected what shops with that habit could not hand out, once all their lots of the moment are over; return
-- for how many shops.
-- Called by the worker every 5 seconds. One request a shop, of lots that nobody has looked at yet and that ended within two
-- days, in the next window of the habit, as far as the law allows by its end. Each lot is looked at once.
-- Definer, because it reads everybody's lots; only the worker may execute it.
-- Locks: the habit (skip locked), then those of make_collection.
create or replace function app.ask_unsold(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    habit  record;
    coming record;
    unsold uuid[];
    asked  int := 0;
begin
    for habit in
        select h.*, s.time_zone from app.collection_habits h join app.shops s on s.id = h.shop_id and s.status = 'verified'
        where h.active
          and exists (select from app.lots l
                      where l.shop_id = h.shop_id and l.status = 'ended' and l.suspended_from is null
                        and l.pickup_end > moment - interval '2 days'
                        and not exists (select from app.unsold_lots_asked a where a.lot_id = l.id))
        order by h.shop_id limit most for update of h skip locked
    loop
        select w.starts, w.ends into coming
        from generate_series(-1, 1) d
        cross join lateral app.window_on(app.local_day(moment, habit.time_zone) + d, habit.opens, habit.closes,
                                         habit.time_zone) w
        where w.ends > moment + interval '15 minutes' order by w.starts limit 1;
        -- What is still on sale until then may be left too.
        continue when exists (
            select from app.lots l
            where l.shop_id = habit.shop_id and l.status in ('published', 'paused') and l.suspended_from is null
              and l.pickup_end <= greatest(coming.starts, moment));
        unsold := array(
            select l.id from app.lots l
            where l.shop_id = habit.shop_id and l.status = 'ended' and l.suspended_from is null
              and l.pickup_end > moment - interval '2 days'
              and not exists (select from app.unsold_lots_asked a where a.lot_id = l.id)
            order by l.id limit 50);
        insert into app.unsold_lots_asked (lot_id, at) select x, moment from unnest(unsold) x on conflict do nothing;
        unsold := array(
            select l.id from app.lots l
            where l.id = any (unsold) and app.left_of_lot(l) > 0
              and app.food_refusal(l.date_kind, l.food_date_ends_at, 'collection', coming.ends, true) is null
              and not (l.gtin is not null and app.is_recalled(l.gtin, l.batch, l.food_date))
            order by l.id);
        continue when unsold = '{}';
        begin
            perform app.make_collection(
                habit.shop_id, null, null,
                (select jsonb_agg(jsonb_build_object('lot_id', x)) from unnest(unsold) x), '[]',
                greatest(coming.starts, moment), coming.ends, habit.notes, 'unsold', null);
            asked := asked + 1;
        exception when others then
            -- A shop whose lots changed at this very moment; others are not kept waiting.
            if sqlstate !~ '^EP' then raise; end if;
        end;
    end loop;
    return asked;
end $$;
grant execute on function app.ask_unsold(int) to ecopanier_worker;
