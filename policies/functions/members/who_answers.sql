-- Return the account that answers for an association and gets its mails; any other id unchanged.
-- Called by acts that tell an association. Definer, because it reads associations; only the owner may execute it.
create or replace function app.who_answers(subject uuid) returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select a.owner_id from app.associations a where a.id = subject), subject);
end $$;
