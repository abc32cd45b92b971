-- Its holder asks for a new pass after the old one was locked by wrong PINs: a new code, so new QR and PIN. Whoever the
-- old one was handed to cannot show this one.
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
