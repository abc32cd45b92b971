-- Take a handed pass back, as its holder: the token stops working, and the pass gets a new code, because whoever had
-- the token has seen the old one. Taking back twice answers the same.
-- Called by DELETE /v1/reservations/{reservation_id}/handed-pass and by hand_pass.
-- Definer, because nobody may write passes: only for the caller's own reservation. Locks: the pass.
create or replace function app.take_back_pass(reservation uuid, new_code text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.passes p join app.reservations r on r.id = p.reservation_id
    where p.reservation_id = reservation and r.account_id = app.caller() for update of p;
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;
    delete from app.handed_passes h where h.reservation_id = reservation;
    if found then
        -- Wrong PINs stay counted, so that handing a locked pass on does not unlock it.
        update app.passes p set code = new_code where p.reservation_id = reservation;
        perform app.note('pass.taken_back', 'reservation', reservation);
    end if;
end $$;
grant execute on function app.take_back_pass(uuid, text) to authenticated;
