-- Grant shops what funds pay for the collected free portions of closed lots, once a reservation; return how many grants.
-- Called by close_lots, in the transaction that closes the lots: both are kept, or neither. Only lots that their merchant
-- gave free count, and of a lot that became free only what was reserved from then on. Never the portions that a donor paid:
-- they are of the free lot beside a discounted one. What was collected of a withdrawn or recalled lot counts, as what was
-- sold of it does.
-- A fund counts if the shop lies in its territory, the day on which the pickup window ends where the shop is lies in its
-- period, and its categories have the lot's. Of several the smallest territory is first, then the oldest fund. A
-- reservation is granted all or nothing, by the first of them in which enough is left; lots in the order of their moments.
-- The grant is inserted first: whoever finds it there takes nothing from the fund. The other way round, a reservation that is
-- granted twice takes money from the fund and grants it to nobody.
-- Definer, because only acts write funds and the ledger; only the owner may execute it.
-- Locks: the funds that fit, in the order of ids (policies/LOCKS.md).
create or replace function app.grant_closed(lots uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    granted int := 0;
    settled uuid;
    fitting uuid[];
    due     record;
begin
    if not exists (select from app.funds f where f.settled_at is null and f.decided_at is not null) then return 0; end if;
    fitting := array(
        select distinct f.id
        from app.lots l
        join app.shops s on s.id = l.shop_id
        join app.funds f on app.fits_fund(f, l, s)
        where l.id = any (lots) and l.kind = 'free' and l.suspended_from is null
          and exists (select from app.reservations r
                      where r.lot_id = l.id and r.status = 'picked_up' and r.purpose = 'collect' and r.unit_price_cents = 0));
    if fitting = '{}' then return 0; end if;
    perform from app.funds f where f.id = any (fitting) order by f.id for no key update;

    for due in
        select r.id as reservation, l.shop_id, r.quantity, i.food_grams as grams, f.id as fund, a.cents
        from app.lots l
        join app.shops s on s.id = l.shop_id
        join app.reservations r on r.lot_id = l.id and r.status = 'picked_up' and r.purpose = 'collect'
                               and r.unit_price_cents = 0
        join app.impact_entries i on i.reservation_id = r.id
        join app.funds f on f.id = any (fitting) and app.fits_fund(f, l, s)
        join app.territories t on t.code = f.territory_code
        left join app.lots_to_close q on q.lot_id = l.id
        cross join lateral (
            select coalesce((f.category_rates ->> l.category)::int, f.rate_cents)::bigint as rate) p
        cross join lateral (
            select case f.per when 'portion' then r.quantity * p.rate
                              else round(i.food_grams * p.rate / 1000.0)::bigint end as cents) a
        where l.id = any (lots) and l.kind = 'free' and l.suspended_from is null and a.cents > 0
        order by q.due_at, l.id, r.id,
                 array_position('{zone,arrondissement,commune,epci,department,region,country}'::text[], t.kind),
                 f.created_at, f.id
    loop
        continue when due.reservation = settled
            or not exists (select from app.funds f where f.id = due.fund and f.left_cents >= due.cents);
        settled := due.reservation;
        insert into accounting.grants (reservation_id, fund_id, shop_id, portions, grams, cents, granted_at)
        values (due.reservation, due.fund, due.shop_id, due.quantity, due.grams, due.cents, moment)
        on conflict do nothing;
        continue when not found;
        update app.funds f set left_cents = f.left_cents - due.cents
        where f.id = due.fund and f.left_cents >= due.cents;
        if not found then
            raise exception 'a fund is granted more than is left of it' using errcode = 'check_violation';
        end if;
        perform app.post('grant', due.reservation::text, due.reservation, moment,
                         array[app.ledger_account('fund', due.fund, 'subsidy'),
                               app.ledger_account('subsidy', due.fund, 'subsidy')],
                         array[due.cents, -due.cents]);
        granted := granted + 1;
    end loop;
    return granted;
end $$;
