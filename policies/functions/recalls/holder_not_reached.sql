-- Tell those who can speak to a holder that the mail about a recall came back.
-- Called by delivery_tried when an address was refused for good. Nobody else knows somebody who is no beneficiary.
-- Where no address of the holder is confirmed, they were told when the lot was recalled, and are not told again.
-- Definer, because it reads everybody's reservations; only the owner may execute it.
create or replace function app.holder_not_reached(recall uuid, reservation uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.tell_supporter(recall, r.lot_id, s.id, r.id)
    from app.reservations r
    join app.sealed_addresses a on a.account_id = r.account_id and a.verified_at is not null
    cross join app.supporters_of(r.account_id) s (id)
    where r.id = reservation order by s.id;
end $$;
