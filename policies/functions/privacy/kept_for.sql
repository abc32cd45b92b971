-- Return how long something is kept; raise if app.retention_periods does not name it.
-- Called by the acts that forget, and by the worker. Definer, because acts need it whoever calls them; the periods are
-- no secret.
create or replace function app.kept_for(wanted text) returns interval
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    period interval;
begin
    select r.keeps into strict period from app.retention_periods r where r.what = wanted;
    return period;
end $$;
grant execute on function app.kept_for(text) to ecopanier_worker;
