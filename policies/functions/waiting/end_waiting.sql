-- Trigger: end the waiting list of a lot that is over. When a lot becomes free, end the offers to those who may not have
-- it, as if they had not taken them in time; whoever still waits goes on waiting, as for a lot that is sold out. Portions
-- that were set aside go back to the lot, and are offered to beneficiaries who wait.
-- Fires after an update of a lot's status or kind (policies/tables/lots.sql), under the lot's lock. Locks: the
-- entries.
create or replace function app.end_waiting() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    over      boolean := new.status not in ('published', 'paused');
    set_aside int;
begin
    with closed as (
        update app.waiting w set status = case when over then 'closed' else 'lapsed' end, ended_at = app.clock(),
            offer_until = case when over then w.offer_until else least(w.offer_until, app.clock()) end
        from (select x.id, x.status from app.waiting x
              where x.lot_id = new.id and x.status in ('waiting', 'offered') for update) was
        where w.id = was.id
          and (over or was.status = 'offered' and not app.is_current_beneficiary(w.account_id))
        returning case when was.status = 'offered' then w.offered else 0 end as portions)
    select coalesce(sum(c.portions), 0) into set_aside from closed c;
    if set_aside > 0 then
        update app.lot_stock s set remaining = s.remaining + set_aside where s.lot_id = new.id;
    end if;
    if new.kind <> old.kind then perform app.hand_on(new.id); end if;
    return null;
end $$;
