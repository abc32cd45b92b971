-- Return the account that answers for an association and gets its mails; any other id unchanged.
-- Called by the worker's jobs before they write to an association. Definer, because the worker may not read it; only the
-- worker may execute it.
create or replace function app.who_answers(subject uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select a.owner_id from app.associations a where a.id = subject), subject);
end $$;
grant execute on function app.who_answers(uuid) to ecopanier_worker;
