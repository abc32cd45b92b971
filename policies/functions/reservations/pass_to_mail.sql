-- Return the code of a reservation's pass, from which the worker makes what the holder's mail shows.
-- Called by the worker right before it writes the mail of a notice. Nothing for a reservation that is not confirmed.
-- Definer, because nobody may read passes of others; only the worker may execute it.
create or replace function app.pass_to_mail(reservation uuid) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select p.code from app.passes p join app.reservations r on r.id = p.reservation_id
            where r.id = reservation and r.status = 'confirmed');
end $$;
grant execute on function app.pass_to_mail(uuid) to ecopanier_worker;
