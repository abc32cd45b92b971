-- Return whether an account has given the consent that keeping its diet needs, to the current version of the text.
-- Called by hold_diet_key and keep_diet. Definer, because it reads consents; only the owner may execute it.
create or replace function app.agreed_to_diet(account uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select c.given and c.version = app.consent_version('diet') from app.consents c
                     where c.account_id = account and c.purpose = 'diet' order by c.id desc limit 1), false);
end $$;
