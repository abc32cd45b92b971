-- Hand a pass to a friend or a helper, as its holder; return until when. Whoever has the token may show the pass.
-- Called by POST /v1/reservations/{reservation_id}/handed-pass. A pass is handed to one at a time: an earlier token
-- stops working, and the pass gets a new code, because somebody has seen the old one.
-- Definer, because nobody may write handed passes: only for the caller's own confirmed reservation. Locks: the pass.
create or replace function app.hand_pass(reservation uuid, token_hash bytea, new_code text) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    state text;
    until timestamptz;
begin
    select r.status, l.pickup_end into state, until
    from app.reservations r join app.lots l on l.id = r.lot_id
    where r.id = reservation and r.account_id = app.caller();
    if not found then raise exception 'reservation.not_found' using errcode = 'EP404'; end if;
    if state <> 'confirmed' or until <= app.clock() then raise exception 'pass.none' using errcode = 'EP409'; end if;
    perform app.take_back_pass(reservation, new_code);
    insert into app.handed_passes (reservation_id, token_hash, handed_at)
    values (reservation, hand_pass.token_hash, app.clock());
    perform app.tell_holder(reservation, 'pass_handed', encode(hand_pass.token_hash, 'hex'));
    perform app.note('pass.handed', 'reservation', reservation);
    return until;
end $$;
grant execute on function app.hand_pass(uuid, bytea, text) to authenticated;
