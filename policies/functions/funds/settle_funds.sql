-- Return the rest of funds that are over to their funders, once all food of their days is closed. Returns how many funds.
-- Called by the worker every hour. A fund is over three days after its last day, or the day on which it was ended, at the
-- earliest; a lot of these days that waits, such as for an admin's decision, keeps it open.
-- Definer, because only acts write funds and the ledger; only the worker may execute it.
-- Locks: the funds in the order of ids; those that are locked are skipped and wait for the next time.
create or replace function app.settle_funds(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    f      app.funds;
    settled int := 0;
begin
    for f in
        select * from app.funds x
        where x.settled_at is null and x.status in ('confirmed', 'ended')
          and coalesce(x.ended_on, x.last_day) < app.paris_day(moment) - 3
        order by x.id limit most for no key update skip locked
    loop
        continue when exists (
            select from (
                select q.lot_id as id from app.lots_to_close q
                union all
                select l.id from app.lots l
                where l.status in ('published', 'paused') and l.suspended_from is null
                  and l.pickup_end < (coalesce(f.ended_on, f.last_day) + 2)::timestamp at time zone 'UTC') open
            join app.lots l on l.id = open.id
            join app.shops s on s.id = l.shop_id
            where (l.pickup_end at time zone s.time_zone)::date between f.first_day and coalesce(f.ended_on, f.last_day)
              and app.shop_lies_in(s.id, f.territory_code, (l.pickup_end at time zone s.time_zone)::date));
        update app.funds x
        set settled_at = moment, returned_cents = x.left_cents, left_cents = 0,
            status = case x.status when 'confirmed' then 'expired' else x.status end
        where x.id = f.id;
        perform app.post('fund_left', f.id::text, null, moment,
                         array[app.ledger_account('fund', f.id, 'subsidy'), app.ledger_account('funder', f.id, 'subsidy')],
                         array[f.left_cents, -f.left_cents]);
        perform app.note('fund.settled', 'fund', f.id, jsonb_build_object('cents', f.left_cents));
        settled := settled + 1;
    end loop;
    return settled;
end $$;
grant execute on function app.settle_funds(int) to ecopanier_worker;
