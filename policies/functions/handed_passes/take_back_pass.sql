-- Its holder takes a handed pass back: the token opens nothing any more, and the pass becomes another one, because
-- whoever had the token has seen this one. Taking back twice answers the same.
create or replace function app.take_back_pass(reservation uuid, new_code text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.passes p join app.reservations r on r.id = p.reservation_id
    where p.reservation_id = reservation and r.account_id = app.caller() for update of p;
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;
    delete from app.handed_passes h where h.reservation_id = reservation;
    if found then
        -- Wrong PINs that were counted stay counted: a locked pass is not opened by lending it.
        update app.passes p set code = new_code where p.reservation_id = reservation;
        perform app.note('pass.taken_back', 'reservation', reservation);
    end if;
end $$;
grant execute on function app.take_back_pass(uuid, text) to authenticated;
