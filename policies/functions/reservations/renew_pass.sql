-- Replace the pass of a reservation, as its holder, after wrong PINs locked it: a new code, so a new QR and PIN.
-- Called by POST /v1/reservations/{reservation_id}/pass. Whoever was handed the old pass cannot show the new one.
-- Definer, because nobody may write passes: only the pass of the caller's own confirmed reservation.
-- Locks: the pass.
create or replace function app.renew_pass(reservation uuid, new_code text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.passes p set code = new_code, wrong_tries = 0
    from app.reservations r
    where p.reservation_id = reservation and r.id = reservation and r.account_id = app.caller()
      and r.status = 'confirmed';
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;
    delete from app.handed_passes h where h.reservation_id = reservation;
end $$;
grant execute on function app.renew_pass(uuid, text) to authenticated;
