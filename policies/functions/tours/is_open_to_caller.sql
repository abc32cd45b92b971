-- Return whether a tour is open to any verified collector, of whom the caller is one.
-- Called by tour_page and tours_on. Only the owner may execute it.
create or replace function app.is_open_to_caller(t app.tours) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return t.collector_id is null and t.status = 'proposed' and t.ends_at > app.clock()
        and exists (select from app.collectors c where c.id = app.caller() and c.status = 'verified');
end $$;
