-- Use up a one-time token and return the account that it belongs to; raise EP422 if it is unknown, used or expired.
-- Called by activate_beneficiary and reset_password, which then act on that account. Only the owner may execute it.
-- Locks: the token, so that it is used once even if two requests bring it at the same time.
create or replace function app.use_token(held bytea, wanted_purpose text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    update app.one_time_tokens t set used_at = app.clock()
    where t.token_hash = held and t.purpose = wanted_purpose and t.used_at is null and t.expires_at > app.clock()
    returning t.account_id into account;
    if account is null then raise exception 'auth.invalid_one_time_token' using errcode = 'EP422'; end if;
    return account;
end $$;
