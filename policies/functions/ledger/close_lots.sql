-- Close up to `most` lots that are over, in the night where their shops are: what was paid for them is earned, sold and
-- suspended portions together; return how many lots were looked at.
-- Called by the worker (ledger.close_lots) until it returns 0. A lot waits for the next night while anything of it or of the
-- free lot beside it can still change: a reservation that is open, given portions that are not counted, a problem report
-- that waits, a refund under way (one that Stripe refused for good does not hold up the others: its money stays held). A
-- report that no admin decides holds up its lot for `report_decision_days`; what is decided later corrects the closed lot.
-- Lots are taken in the random order of their moments, and their sales posted in random order.
-- What is still held of a sale is earned if its portions were collected, left or cancelled too late; of a gift, what its
-- portions cost for which the same is true of a beneficiary. The commission is that of the whole sale less the share of what
-- was refunded; of a gift, that of the passes with which its portions were reserved, as if they had been sold, report by
-- report. A lot that comes back, because a refund failed, earns the rest as a correction. `sales` are passes, whoever paid.
-- Funds grant money for the collected portions of free lots in the same transaction (grant_closed).
-- A percentage of what nobody collected is refunded first, if the setting says so; then the lot waits for that.
-- Definer, because nobody may write the ledger; only the worker may execute it.
-- Locks: lots to close (skip locked); payments of who did not come (skip locked); then the postings of the sales in the
-- order of ids, as refunds do; then the funds (policies/LOCKS.md).
create or replace function app.close_lots(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    share  int := app.setting_int('no_show_refund_percent');
    undecided_since timestamptz := moment - make_interval(days => app.setting_int('report_decision_days'));
    due    uuid[];
    over   uuid[];
    paid   uuid[];
    closed_before uuid[];
    refund uuid;
    commissions bigint := app.ledger_account('commission');
    taxes  bigint := app.ledger_account('vat');
begin
    due := array(select q.lot_id from app.lots_to_close q where q.due_at <= moment
                 order by q.due_at limit most for update skip locked);
    if due = '{}' then return 0; end if;
    over := array(
        select l.id from app.lots l join app.shops s on s.id = l.shop_id
        where l.id = any (due) and l.status in ('ended', 'withdrawn', 'recalled') and app.closes_after(l.pickup_end) <= moment
          and extract(hour from moment at time zone s.time_zone) between 1 and 5);
    if share > 0 then
        for refund in
            update app.payments p
            set status = 'refund_due', refund_cents = (p.amount_cents * share + 50) / 100, refusals = 0, looked_at = moment
            where p.id in (
                select x.id from app.payments x join app.reservations r on r.id = x.reservation_id
                where r.lot_id = any (over) and r.status = 'no_show' and x.status = 'succeeded' and x.refund_cents is null
                  and (x.amount_cents * share + 50) / 100 > x.refunded_cents
                order by x.id for update of x skip locked)
            returning p.id
        loop
            perform app.defer('payments.carry_forward', jsonb_build_object('payment_id', refund));
        end loop;
    end if;
    over := array(
        select l.id from app.lots l left join app.lots b on b.suspended_from = l.id
        where l.id = any (over)
          and (b.id is null or b.status in ('ended', 'withdrawn', 'recalled'))
          and not exists (select from app.reservations r
                          where r.lot_id in (l.id, b.id) and r.status in ('held', 'confirmed'))
          and not exists (select from app.suspended_portions t where t.lot_id = b.id and t.collected is null)
          and not exists (select from app.problem_reports q
                          where q.lot_id = l.id and q.given_back_at is null
                            and (q.decision = 'give_back'
                                 or q.decision is null and (q.outcome is null or q.outcome = 'give_back'))
                            -- What needs no admin any more is given back soon.
                            and (q.decision is not null or q.outcome is not null and l.kind <> 'free'
                                 or q.reported_at > undecided_since))
          and not exists (select from app.reservations r join app.payments p on p.reservation_id = r.id
                          where r.lot_id = l.id
                            and (p.status = 'refund_due' and p.refusals < 10
                                 -- It was paid before there was a ledger, and is posted within a day.
                                 or p.status in ('succeeded', 'refund_due', 'refunded') and not exists (
                                     select from accounting.postings s
                                     where s.kind = 'sale' and s.source = p.stripe_payment_intent))));
    update app.lots_to_close q set due_at = app.next_night(s.time_zone, moment)
    from app.lots l join app.shops s on s.id = l.shop_id
    where q.lot_id = any (due) and q.lot_id <> all (over) and l.id = q.lot_id;
    if over = '{}' then return cardinality(due); end if;

    -- A refund of one of them waits until its money is earned, or is done and seen by the next statement.
    -- By an array, so that the plan goes by the index however large the ledger is.
    paid := array(
        select r.id from app.reservations r where r.lot_id = any (over) and r.unit_price_cents > 0
        union
        select t.suspended_lot_id from app.suspended_portions t join app.reservations r on r.id = t.reservation_id
        where r.lot_id = any (over));
    perform from accounting.postings p
    where p.kind = 'sale' and p.reservation_id = any (paid)
    order by p.id for no key update;
    closed_before := array(select f.lot_id from accounting.closed_lots f where f.lot_id = any (over));

    with pieces as (
        select r.id as sale, r.id as piece, r.lot_id, r.quantity as portions, null::bigint as worth,
               null::int as unit, null::bigint as price
        from app.reservations r
        where r.lot_id = any (over) and r.purpose = 'collect' and r.unit_price_cents > 0
          and (r.status in ('picked_up', 'no_show') or r.status = 'cancelled' and r.ended_because = 'holder_late')
        union all
        select t.suspended_lot_id, t.reservation_id, r.lot_id, t.collected + t.kept, w.worth, r.unit_price_cents, w.worth
        from app.suspended_portions t join app.reservations r on r.id = t.reservation_id
        cross join lateral (
            select ((t.collected + t.kept) * r.unit_price_cents - t.given_back_cents)::bigint as worth) w
        where r.lot_id = any (over) and t.collected + t.kept > 0
    ), passes as materialized (
        -- Of given portions, with the percentage that a report gave back.
        select b.suspended_from as lot_id, r.quantity, r.status = 'no_show' as absent,
               coalesce((select case when q.decision is null then q.share else q.decided_share end
                         from app.problem_reports q
                         where q.reservation_id = r.id and q.given_back_at is not null), 0) as given_back
        from app.lots b join app.reservations r on r.lot_id = b.id
        where b.suspended_from = any (over)
          and (r.status in ('picked_up', 'no_show') or r.status = 'cancelled' and r.ended_because = 'holder_late')
    ), sold as materialized (
        -- What of it was refunded counts too, as a correction would leave it.
        select q.lot_id, sum(q.portions)::int as portions,
               greatest(count(*) filter (where q.unit is null)
                        + least(coalesce(sum(q.portions) filter (where q.unit is not null), 0),
                                (select count(*) from passes p where p.lot_id = q.lot_id)), 1)::int as sales
        from pieces q group by q.lot_id
    ), sums as materialized (
        select p.reservation_id as sale, min(p.source) filter (where p.kind = 'sale') as intent,
               sum(n.cents) filter (where p.kind = 'sale' and n.cents > 0)::bigint as paid,
               max(n.account_id) filter (where a.kind in ('held', 'suspended')) as pool,
               coalesce(-sum(n.cents) filter (where a.kind in ('held', 'suspended')), 0)::bigint as kept,
               coalesce(-sum(n.cents) filter (where a.kind in ('shop', 'commission', 'vat')), 0)::bigint as earned
        from accounting.postings p
        join accounting.lines n on n.posting_id = p.id
        join accounting.ledger_accounts a on a.id = n.account_id
        where p.reservation_id = any (paid) group by p.reservation_id
    ), taken as materialized (
        -- What was earned of a piece before. Grouped by it instead of asked for by its kind, which may look so rare that an
        -- index on the kind would be walked for each piece.
        select p.reservation_id as sale, case p.kind when 'earned' then split_part(p.source, ':', 1)::uuid end as piece,
               count(distinct p.id) as times, (sum(n.cents) filter (where n.cents > 0))::bigint as cents
        from accounting.postings p join accounting.lines n on n.posting_id = p.id
        where p.reservation_id = any (paid) group by 1, 2
    ), sales as (
        select s.*, c.commission, c.vat, f.basis_points, f.least_cents,
               greatest(s.kept - case
                   when x.status = 'refund_due'
                   then greatest(coalesce(x.refund_cents, s.paid) - (s.paid - s.kept - s.earned), 0)
                   -- It failed after its payment was moved to the books, so a person decides about it.
                   else greatest(coalesce(b.refunded_cents - (
                       select k.refunded_cents from accounting.corrections k where k.payment_id = b.payment_id
                       order by k.id desc limit 1), 0), 0) end, 0) as free
        from sums s
        left join app.payments x on x.reservation_id = s.sale
        left join accounting.payments b on x.id is null and b.stripe_payment_intent = s.intent
        cross join lateral (
            select coalesce(x.commission_bp, b.commission_bp, app.setting_int('commission_bp')) as basis_points,
                   coalesce(x.least_commission_cents, b.least_commission_cents,
                            app.setting_int('least_commission_cents')) as least_cents) f
        cross join lateral app.commission_of(s.paid, f.basis_points, f.least_cents) c
        where s.kept > 0
    ), shares as (
        -- Of a gift each piece takes what it was worth, in the order of ids, as long as there is money.
        select y.*, y.earned + least(y.upto - y.part, y.free) as earlier, y.earned + least(y.upto, y.free) as later
        from (
            select x.sale, x.piece, x.lot_id, x.unit, x.price, x.all_prices, x.prices_so_far, x.all_portions,
                   coalesce(e.times, 0) as times, coalesce(e.cents, 0) as earned_before, w.part, s.pool, s.paid, s.earned, s.free,
                   s.commission as whole_commission, s.vat as whole_vat, s.basis_points, s.least_cents,
                   (sum(w.part) over (partition by x.sale order by x.piece))::bigint as upto
            from (select q.*, sum(q.price) over (partition by q.lot_id)::bigint as all_prices,
                         sum(q.price) over (partition by q.lot_id order by q.piece)::bigint as prices_so_far,
                         sum(q.portions) filter (where q.unit is not null) over (partition by q.lot_id) as all_portions
                  from pieces q) x
            join sales s on s.sale = x.sale
            left join taken e on e.sale = x.sale and e.piece = x.piece
            cross join lateral (
                select case when x.worth is null then s.free else greatest(x.worth - coalesce(e.cents, 0), 0) end as part) w) y
    ), split as materialized (
        select x.piece, x.sale, x.lot_id, x.times, x.pool, g.gross, c.commission,
               least(app.share_of(w.vat, w.paid - w.before, w.paid)
                     - app.share_of(w.vat, w.paid - w.before - g.gross, w.paid), g.gross - c.commission) as vat
        from shares x
        cross join lateral (select x.later - x.earlier as gross) g
        -- Given portions cost their shop what sold ones would have, pass by pass. Otherwise its total would tell them apart.
        left join lateral (
            select app.share_of(sum(c.commission - app.share_of(c.commission, v.back, v.price))::bigint,
                                least(x.all_portions, sum(r.quantity)), sum(r.quantity)) as commission,
                   app.share_of(sum(c.vat - app.share_of(c.vat, v.back, v.price))::bigint,
                                least(x.all_portions, sum(r.quantity)), sum(r.quantity)) as vat
            from passes r
            cross join lateral (
                select (r.quantity * x.unit)::bigint as price,
                       round(r.quantity * x.unit
                             * greatest(r.given_back, case when r.absent then share else 0 end) / 100.0)::bigint as back) v
            cross join lateral app.commission_of(v.price, x.basis_points, x.least_cents) c
            where r.lot_id = x.lot_id) t on x.price > 0
        cross join lateral (
            select x.whole_commission as commission, x.whole_vat as vat, x.paid, x.earlier as before where x.price is null
            union all
            select app.share_of(t.commission, x.prices_so_far, x.all_prices)
                   - app.share_of(t.commission, x.prices_so_far - x.price, x.all_prices),
                   app.share_of(t.vat, x.prices_so_far, x.all_prices)
                   - app.share_of(t.vat, x.prices_so_far - x.price, x.all_prices),
                   x.price, x.earned_before
            where x.price > 0) w
        cross join lateral (
            select least(app.share_of(w.commission, w.paid - w.before, w.paid)
                         - app.share_of(w.commission, w.paid - w.before - g.gross, w.paid), g.gross) as commission) c
        where g.gross > 0
    ), numbered as materialized (
        -- Numbered here, because joining the new postings by their sources would compare each with each.
        select nextval('accounting.postings_id_seq') as id, x.* from (select y.* from split y order by random()) x
    ), posted as (
        insert into accounting.postings (id, kind, source, reservation_id, event_at) overriding system value
        select x.id, 'earned', x.piece || case when x.times > 0 then ':' || x.times + 1 else '' end, x.sale, moment
        from numbered x
    ), shops as materialized (
        -- Looked up one by one: what is known of how many there are may be from before the first was opened.
        select s.shop_id, app.ledger_account('shop', s.shop_id) as account
        from (select distinct l.shop_id from app.lots l where l.id in (select x.lot_id from split x) order by l.shop_id) s
    ), booked as materialized (
        select x.*, l.shop_id, l.title, l.pickup_end, s.account, x.lot_id = any (closed_before) as again
        from numbered x
        join app.lots l on l.id = x.lot_id
        join shops s on s.shop_id = l.shop_id
    ), lined as (
        insert into accounting.lines (posting_id, account_id, cents)
        select x.id, v.account, v.cents
        from booked x
        cross join lateral (values (x.pool, x.gross), (x.account, x.commission + x.vat - x.gross),
                                   (commissions, -x.commission), (taxes, -x.vat)) v (account, cents)
        where v.cents <> 0
    ), closed as (
        insert into accounting.closed_lots (lot_id, shop_id, title, window_ended_at, closed_at, portions, gross_cents,
                                            commission_cents, vat_cents, net_cents, sales)
        select x.lot_id, x.shop_id, x.title, x.pickup_end, moment, o.portions, sum(x.gross), sum(x.commission),
               sum(x.vat), sum(x.gross - x.commission - x.vat), o.sales
        from booked x join sold o on o.lot_id = x.lot_id where not x.again
        group by x.lot_id, x.shop_id, x.title, x.pickup_end, o.portions, o.sales order by x.lot_id
    )
    insert into accounting.closed_lot_corrections
        (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents, net_cents, reason, posting_id, earned_id)
    select x.lot_id, x.shop_id, moment, x.gross, x.commission, x.vat, x.gross - x.commission - x.vat, 'refund_failed', x.id,
           x.id
    from booked x where x.again;
    perform app.grant_closed(over);
    delete from app.lots_to_close q where q.lot_id = any (over);
    return cardinality(due);
end $$;
grant execute on function app.close_lots(int) to ecopanier_worker;
