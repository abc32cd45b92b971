-- Count what was collected of given portions whose window is over. After the window and by the worker, so that at the
-- counter a suspended portion makes no other work than any. Two at once take different lots. For the worker.
create or replace function app.count_suspended(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    beside  uuid;
    counted int := 0;
begin
    for beside in
        select l.id from app.lots l
        where l.id = any (array(select p.lot_id from app.suspended_portions p where p.collected is null))
          and l.status = 'ended'  -- what is withdrawn or recalled is closed by those acts
        order by l.id limit most for update skip locked
    loop
        perform app.close_suspended(beside, true);
        counted := counted + 1;
    end loop;
    return counted;
end $$;
grant execute on function app.count_suspended(int) to ecopanier_worker;
