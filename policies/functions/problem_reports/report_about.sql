-- Return the id of the problem report about a reservation of the caller's own; null if there is none.
-- Called by GET /v1/reservations/{reservation_id}. Definer, because reports are read through problem_reports_seen only.
create or replace function app.report_about(reservation uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select q.id from app.problem_reports q
            where q.reservation_id = reservation and q.account_id = app.caller());
end $$;
grant execute on function app.report_about(uuid) to authenticated;
