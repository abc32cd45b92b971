-- Move given portions that nobody collected to another discounted lot of the same shop that costs no more than was
-- paid, the dearest first; give back those that found none within their time. Up to `most` gifts; return how many
-- moved.
-- Called by the worker every 5 seconds. Definer, because it writes everybody's gifts; only the worker may execute it.
-- Locks: shop, lot, free lot beside it, gift. One transaction may need many lots, so it waits for none: rows that are
-- locked are left for the next time (policies/LOCKS.md).
create or replace function app.move_suspended(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    gift     record;
    other    app.lots;
    portions int;
    part     uuid;
    moved    int := 0;
begin
    for gift in
        select s.id, s.move_by, r.account_id, r.unit_price_cents, l.shop_id
        from app.suspended_lots s
        join app.reservations r on r.id = s.id
        join app.lots l on l.id = r.lot_id
        where s.unclaimed > 0 and (s.move_by <= moment or exists (
            -- Only gifts with a lot to move to. The others do not use up `most`.
            select from app.lots o join app.lot_stock k on k.lot_id = o.id
            where o.shop_id = l.shop_id and o.status = 'published' and o.kind = 'discounted'
              and o.price_cents <= r.unit_price_cents and k.remaining > 0 and o.pickup_end > moment
              and app.food_refusal(o.date_kind, o.food_date_ends_at, 'reservation', moment) is null))
        order by s.move_by, s.id limit most
    loop
        if gift.move_by <= moment then
            perform from app.suspended_lots s where s.id = gift.id and s.unclaimed > 0 for update skip locked;
            continue when not found;
            update app.suspended_lots s set unclaimed = 0 where s.id = gift.id;
            perform app.settle_suspended(gift.id);
            continue;
        end if;

        perform from app.shops s where s.id = gift.shop_id and s.status = 'verified' for share skip locked;
        continue when not found;
        select l.* into other from app.lots l join app.lot_stock k on k.lot_id = l.id
        where l.shop_id = gift.shop_id and l.status = 'published' and l.kind = 'discounted'
          and l.price_cents <= gift.unit_price_cents and k.remaining > 0 and l.pickup_end > moment
          and app.food_refusal(l.date_kind, l.food_date_ends_at, 'reservation', moment) is null
        order by l.price_cents desc, l.pickup_end, l.id limit 1 for update of k, l skip locked;
        continue when not found;
        perform from app.lots l join app.lot_stock k on k.lot_id = l.id where l.suspended_from = other.id
        for update of k skip locked;
        continue when not found and exists (select from app.lots l where l.suspended_from = other.id);
        select least(s.unclaimed, (select k.remaining from app.lot_stock k where k.lot_id = other.id)) into portions
        from app.suspended_lots s where s.id = gift.id and s.unclaimed > 0 for update skip locked;
        continue when not found;

        begin
            update app.lot_stock k set remaining = k.remaining - portions where k.lot_id = other.id;
            insert into app.reservations
                (lot_id, account_id, quantity, unit_price_cents, status, purpose, created_at, confirmed_at)
            values (other.id, gift.account_id, portions, other.price_cents, 'confirmed', 'give', moment, moment)
            returning id into part;
            insert into app.suspended_portions (reservation_id, suspended_lot_id, lot_id)
            values (part, gift.id, app.offer_suspended(other, portions, other.price_cents));
            update app.suspended_lots s set unclaimed = s.unclaimed - portions where s.id = gift.id;
            perform app.note('suspended_lot.moved', 'suspended_lot', gift.id, jsonb_build_object('portions', portions));
            perform app.tell_donor(gift.id, 'moved');
            moved := moved + 1;
        exception when others then
            if sqlstate !~ '^EP' then raise; end if;  -- its food is being recalled right now
        end;
    end loop;
    return moved;
end $$;
grant execute on function app.move_suspended(int) to ecopanier_worker;
