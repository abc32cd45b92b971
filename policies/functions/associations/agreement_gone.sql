-- The file of an agreement that never was is removed, so its row goes too. For the worker.
create or replace function app.agreement_gone(agreement uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.agreements g where g.id = agreement and g.status = 'going';
end $$;
grant execute on function app.agreement_gone(uuid) to ecopanier_worker;
