-- Return a registration that waits for its confirmation: what is sealed, the address's keyed hash, and the language.
-- Called by the worker for the mail of a registration; it then calls issue_registration with the opened address.
-- Definer, because nobody may read confirmations; only the worker may execute it.
create or replace function app.open_registration(
    registration uuid, out sealed bytea, out lookup bytea, out locale text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select c.sealed, c.lookup, c.locale into sealed, lookup, locale
    from app.confirmations c where c.id = registration and c.account_id is null and c.ends_at > app.clock();
end $$;
grant execute on function app.open_registration(uuid) to ecopanier_worker;
