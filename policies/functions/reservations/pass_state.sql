-- Return whether wrong PINs locked the pass of a reservation, and since when it is handed to somebody, if it is.
-- Called by GET /v1/reservations/{reservation_id}. Definer, because nobody may read handed passes: only of the caller's
-- own reservations.
create or replace function app.pass_state(
    reservation uuid, out locked boolean, out handed_at timestamptz) returns setof record
language sql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
    select p.wrong_tries >= 5, h.handed_at
    from app.reservations r
    join app.passes p on p.reservation_id = r.id
    left join app.handed_passes h on h.reservation_id = r.id
    where r.id = reservation and r.account_id = app.caller() and r.status = 'confirmed';
$$;
grant execute on function app.pass_state(uuid) to authenticated;
