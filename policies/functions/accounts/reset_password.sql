-- Set a new password for the token that was mailed, and end every session of the account. Return the names by which the
-- account signs in, so that the API can clear the counters of failed attempts: whoever reads the mail gets in, whatever
-- a stranger has tried.
-- Called by POST /v1/auth/reset-password, as the API. `device`, if it is given, is known to the account from then on.
-- Definer, because nobody may write credentials. The token lets its holder act on that one account, once.
-- Locks: the account, the token, what set_password locks, then the device.
create or replace function app.reset_password(
    held bytea, new_password_hash text, device bytea default null,
    out email text, out code text, out address_lookup bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    perform from app.accounts a
    where a.id = (select t.account_id from app.one_time_tokens t where t.token_hash = held) for no key update;
    account := app.use_token(held, 'reset_password');
    perform app.set_password(account, new_password_hash);
    if device is not null then perform app.know_device(account, device); end if;
    select a.email, b.code, s.lookup into email, code, address_lookup
    from app.accounts a
    left join app.beneficiaries b on b.id = a.id
    left join app.sealed_addresses s on s.account_id = a.id
    where a.id = account;
end $$;
grant execute on function app.reset_password(bytea, text, bytea) to ecopanier_api;
