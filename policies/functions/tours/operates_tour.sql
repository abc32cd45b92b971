-- Return whether the caller operates a tour: as owner or staff of the association that planned it, or as an admin.
-- Called by acts on tours, and by tour_page. Only the owner may execute it.
create or replace function app.operates_tour(t app.tours) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(app.caller_role() = 'admin'
                    or t.association_id = any (array(select app.associations_of(app.caller(), 'staff'))), false);
end $$;
