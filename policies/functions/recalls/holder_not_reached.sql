-- Queue a mail to those who can speak to a holder, because the mail about a recall came back; return how many know.
-- Called by the worker's job recalls.tell_holder when an address was refused for good.
-- Where no address of the holder is confirmed, they were told when the lot was recalled, and are not told again. 0 for somebody who is no beneficiary: nobody else knows them.
-- Definer, because it queues jobs; only the worker may execute it.
create or replace function app.holder_not_reached(recall uuid, reservation uuid) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    supporter uuid;
    told      int := 0;
begin
    for supporter in
        select s.id from app.reservations r cross join app.supporters_of(r.account_id) s (id)
        where r.id = reservation order by s.id
    loop
        if exists (select from app.reservations r join app.sealed_addresses s on s.account_id = r.account_id
                   where r.id = reservation and s.verified_at is not null) then
            perform app.defer('recalls.tell_supporter', jsonb_build_object(
                'recall_id', recall, 'lot_id', (select r.lot_id from app.reservations r where r.id = reservation),
                'supporter_id', supporter, 'reservation_id', reservation));
        end if;
        told := told + 1;
    end loop;
    return told;
end $$;
grant execute on function app.holder_not_reached(uuid, uuid) to ecopanier_worker;
