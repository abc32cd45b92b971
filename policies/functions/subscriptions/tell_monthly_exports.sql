-- Tell the owners of shops with Premium that the export of the month before is ready, once a month and shop; return how many
-- shops there were. From the second day of the month on, where the shop is: the last night's lots are closed by then.
-- Called by the worker's hourly job subscriptions.tell_exports. A shop of which nothing was closed in the month is left out.
-- Definer, because it reads everybody's shops; only the worker may execute it.
create or replace function app.tell_monthly_exports(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    house record;
    told  int := 0;
begin
    for house in
        select s.id, s.name, to_char(m.first, 'YYYY-MM') as month
        from app.subscriptions y
        join app.shops s on s.owner_id = y.account_id and s.status <> 'closed'
        cross join lateral (
            select (date_trunc('month', app.local_day(app.clock(), s.time_zone) - 1) - interval '1 month')::date as first) m
        where app.entitled(s.owner_id, 'monthly_export')
          and (app.wants_notice(s.owner_id, 'monthly_export', 'app') or app.wants_notice(s.owner_id, 'monthly_export', 'mail'))
          and exists (select from app.ledger_between(s.id, m.first::timestamp at time zone s.time_zone,
                                                     (m.first + interval '1 month') at time zone s.time_zone, 1))
          and not exists (select from app.notices n
                          where n.account_id = s.owner_id and n.event = 'monthly_export'
                            and n.once = s.id || ':' || to_char(m.first, 'YYYY-MM'))
        order by s.id limit most
    loop
        perform app.tell_shop(house.id, 'monthly_export',
                              jsonb_build_object('shop', house.name, 'shop_id', house.id, 'month', house.month),
                              house.id || ':' || house.month, house.id);
        told := told + 1;
    end loop;
    return told;
end $$;
grant execute on function app.tell_monthly_exports(int) to ecopanier_worker;
