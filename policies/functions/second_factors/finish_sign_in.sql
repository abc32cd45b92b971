-- Open the session that a password has begun, now that a code has passed; return it, with the terms to agree to.
-- Called by POST /v1/auth/second-factor, as the API, which has compared the code with the secret of `factor`.
-- All of it happens or nothing: if the terms must be agreed to first, neither the code nor the token is used up.
-- Raises EP401 if the token was used or is over, and what pass_factor, ask_terms and open_session raise. Definer,
-- because nobody may write sessions; only the API may execute it.
-- Locks: the account, the token, the factor, a recovery code, then what open_session locks.
create or replace function app.finish_sign_in(
    held bytea, factor uuid, first_token_hash bytea, expires timestamptz, device bytea, step bigint default null,
    recovery bytea default null, accepted text default null, emptied bytea[] default '{}',
    given_back bytea[] default '{}',
    out account_id uuid, out session_id uuid, out version text, out answer_by timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    account_id := app.challenged(held);
    perform from app.accounts a where a.id = account_id for no key update;
    update app.one_time_tokens t set used_at = app.clock()
    where t.token_hash = held and t.purpose = 'second_factor' and t.used_at is null and t.expires_at > app.clock();
    if not found then raise exception 'auth.challenge_over' using errcode = 'EP401'; end if;
    perform app.be_audited(account_id);
    perform app.pass_factor(account_id, factor, step, recovery);
    select a.version, a.answer_by into version, answer_by from app.ask_terms(account_id, accepted) a;
    session_id := app.open_session(account_id, first_token_hash, expires, device, emptied, null, true);
    update app.throttles t set hits = t.hits - 1 where t.bucket = any (given_back) and t.hits > 0;
end $$;
grant execute on function app.finish_sign_in(
    bytea, uuid, bytea, timestamptz, bytea, bigint, bytea, text, bytea[], bytea[]) to ecopanier_api;
