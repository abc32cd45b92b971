-- Store the hash of a one-time token and end earlier tokens of the same purpose; return whether the token can be used.
-- Called by the worker before it sends a mail that holds a token; for an account that does not exist the same work is
-- done and nothing is stored.
-- A mail that is sent again brings the same token. The token then keeps its place and gets a new expiry, or the
-- function returns false if the token was used or replaced. If it ended the other tokens again, two mails that the
-- same outage held up would end each other's tokens.
-- Definer, because nobody may write tokens; only the worker may execute it.
create or replace function app.issue_token(account uuid, wanted_purpose text, new_hash bytea, expires timestamptz)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.one_time_tokens t set expires_at = expires where t.token_hash = new_hash and t.used_at is null;
    if found then return true; end if;
    if exists (select from app.one_time_tokens t where t.token_hash = new_hash) then return false; end if;

    update app.one_time_tokens t set used_at = app.clock()
    where t.account_id = account and t.purpose = wanted_purpose and t.used_at is null;
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    select new_hash, a.id, wanted_purpose, expires from app.accounts a where a.id = account;
    return found;
end $$;
grant execute on function app.issue_token(uuid, text, bytea, timestamptz) to ecopanier_worker;
