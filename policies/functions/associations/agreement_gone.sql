-- Delete the row of an agreement whose file has been removed.
-- Called by the worker, for each agreement that orphaned_agreements returned.
-- Definer, because nobody may delete agreements; only the worker may execute it, and only a row that is `going` is
-- deleted.
create or replace function app.agreement_gone(agreement uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.agreements g where g.id = agreement and g.status = 'going';
end $$;
grant execute on function app.agreement_gone(uuid) to ecopanier_worker;
