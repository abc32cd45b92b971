-- Tell the owners of organisations that a fund ends within 30 days, once: up to `most` funds. Return how many.
-- Called by the worker every hour. Definer, because only acts read funds; only the worker may execute it.
create or replace function app.tell_ending_funds(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today date := app.paris_day(app.clock());
    f     app.funds;
    told  int := 0;
begin
    for f in
        select * from app.funds x
        where x.settled_at is null and x.status = 'confirmed' and x.last_day between today and today + 30
          -- A fund of a few weeks was confirmed knowing its end.
          and app.paris_day(x.decided_at) < x.last_day - 30
          and exists (select from app.members m
                      where m.organisation_id = x.organisation_id and m.role = 'owner' and m.account_id is not null
                        and not exists (select from app.notices n where n.account_id = m.account_id
                                          and n.event = 'fund_ends' and n.once = x.id::text))
        order by x.id limit most
    loop
        perform app.tell_fund(f.id, 'fund_ends', jsonb_build_object('last_day', f.last_day), f.id::text);
        told := told + 1;
    end loop;
    return told;
end $$;
grant execute on function app.tell_ending_funds(int) to ecopanier_worker;
