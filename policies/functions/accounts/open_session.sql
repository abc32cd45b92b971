-- Open a session for an account whose password or token the API has just verified; return the session's id.
-- Called by POST /v1/auth/token, /v1/auth/verify-email and /v1/auth/activate, as the API, and by finish_sign_in.
-- `device`, if it is given, is known to the account from then on. The counters in `emptied` are cleared. From the
-- counter `given_back`, that of the network address, only this attempt is taken back, because a whole town may share
-- one address with somebody who guesses passwords and has an account too.
-- Definer, because nobody may write sessions; only the API may execute it. Suspended and erased accounts are refused.
-- An account with a second factor is refused (EP403) unless the sign-in has passed it (`with_factor`). The session's
-- row keeps that, and refreshing does not change it.
-- Locks: the account, so that a factor that is being confirmed ends this session or refuses it; its devices, then the
-- counters.
create or replace function app.open_session(
    account uuid, first_token_hash bytea, expires timestamptz, device bytea default null,
    emptied bytea[] default '{}', given_back bytea default null,
    with_factor boolean default false)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    session uuid;
begin
    perform from app.accounts a where a.id = account for no key update;
    perform app.require_role(account, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    if not with_factor and app.has_second_factor(account) then
        raise exception 'auth.second_factor_needed' using errcode = 'EP403';
    end if;
    perform app.seen(account);
    insert into app.sessions (account_id, factor_at)
    values (account, case when with_factor then app.clock() end) returning id into session;
    insert into app.refresh_tokens (token_hash, session_id, expires_at) values (first_token_hash, session, expires);
    if device is not null then perform app.know_device(account, device); end if;
    delete from app.throttles t where t.bucket = any (emptied);
    if given_back is not null then
        update app.throttles t set hits = t.hits - 1 where t.bucket = given_back and t.hits > 0;
    end if;
    return session;
end $$;
grant execute on function app.open_session(uuid, bytea, timestamptz, bytea, bytea[], bytea, boolean) to ecopanier_api;
