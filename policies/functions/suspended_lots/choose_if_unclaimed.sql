-- Change what happens to portions of a gift that nobody collects, as its donor, until the window of its lot ends or its
-- money is given back.
-- Called by PATCH /v1/suspended-lots/{suspended_lot_id}. `versions`, if given, are the versions that the donor has
-- read (If-Match). Definer, because nobody may write gifts: only the caller's own. Locks: the gift.
create or replace function app.choose_if_unclaimed(gift uuid, choice text, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own app.suspended_lots;
begin
    select s.* into own from app.suspended_lots s join app.reservations r on r.id = s.id
    where s.id = gift and r.account_id = app.caller() for update of s;
    if not found then raise exception 'suspended_lot.not_found' using errcode = 'EP404'; end if;
    if own.version <> all (versions) then raise exception 'precondition.failed' using errcode = 'EP412'; end if;
    if not exists (
        select from app.reservations r join app.lots l on l.id = r.lot_id
        left join app.suspended_portions p on p.reservation_id = r.id
        where (r.id = gift or p.suspended_lot_id = gift) and r.status in ('held', 'confirmed')
          and l.pickup_end > app.clock())
       or exists (select from app.payments p
                  where p.reservation_id = gift and p.status in ('refund_due', 'refunded')) then
        raise exception 'suspended_lot.over' using errcode = 'EP409';
    end if;
    update app.suspended_lots s set if_unclaimed = choice, version = s.version + 1 where s.id = gift;
end $$;
grant execute on function app.choose_if_unclaimed(uuid, text, int[]) to authenticated;
