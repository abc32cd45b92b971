-- Trigger: end the waiting list of a lot that is over; of a lot that became free, end the entries of those who may not
-- have it. Portions that were set aside for them go back to the lot, and are offered to those who still wait.
-- Fires after an update of a lot's status or kind (policies/tables/lots.sql), under the lot's lock. Locks: the
-- entries.
create or replace function app.end_waiting() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    set_aside int;
begin
    with closed as (
        update app.waiting w set status = 'closed', ended_at = app.clock()
        from (select x.id, x.status from app.waiting x
              where x.lot_id = new.id and x.status in ('waiting', 'offered') for update) was
        where w.id = was.id
          and (new.status not in ('published', 'paused')
               or exists (select from app.accounts a where a.id = w.account_id and a.role <> 'beneficiary'))
        returning case when was.status = 'offered' then w.offered else 0 end as portions)
    select coalesce(sum(c.portions), 0) into set_aside from closed c;
    if set_aside > 0 then
        update app.lots l set remaining = l.remaining + set_aside where l.id = new.id;
    end if;
    if new.kind <> old.kind then perform app.hand_on(new.id); end if;
    return null;
end $$;
