-- Remember a one-time token that a mail or an enrolment hands to its person; earlier ones of the same purpose end.
-- A mail that is tried again brings the same token: it lives on if it still can, and the answer says whether. Were it to
-- end the others again, two mails held up by the same outage would end each other's tokens.
create or replace function app.issue_token(account uuid, wanted_purpose text, new_hash bytea, expires timestamptz)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.one_time_tokens t set expires_at = expires where t.token_hash = new_hash and t.used_at is null;
    if found then return true; end if;
    if exists (select from app.one_time_tokens t where t.token_hash = new_hash) then return false; end if;

    update app.one_time_tokens t set used_at = app.clock()
    where t.account_id = account and t.purpose = wanted_purpose and t.used_at is null;
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    values (new_hash, account, wanted_purpose, expires);
    return true;
end $$;
grant execute on function app.issue_token(uuid, text, bytea, timestamptz) to ecopanier_worker;
