-- Spend a refresh token for the next one and return the account and session, or nothing if the session cannot go on.
-- Called by POST /v1/auth/refresh, as the API.
-- A token that was spent before means that two people hold it: the whole session ends. That must outlive the refusal,
-- so the function returns without an account instead of raising.
-- Two cases are no theft, as long as the next token is not spent in its turn: the same request sent again, which its
-- Idempotency-Key (`with_key`) tells, and a second tab of the same device (`from_device`) within ten seconds. The API derives the
-- next token from the spent one, so both get the token that the first request stored. At a kiosk, which strangers
-- share, only the first case counts.
-- At a kiosk each refresh gives three more minutes, up to thirty after signing in; `kiosk_seconds` says how many
-- seconds are left.
-- Definer, because nobody may read tokens or write sessions; only the API may execute it.
-- Locks: the account, the session, then the token, as suspending and erasing do (see policies/LOCKS.md).
create or replace function app.rotate_session(
    spent bytea, next_token_hash bytea, expires timestamptz, from_device bytea, with_key bytea,
    out account_id uuid, out session_id uuid, out kiosk_seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    token   app.refresh_tokens;
    session app.sessions;
    until   timestamptz := expires;
begin
    select s.* into session from app.refresh_tokens t join app.sessions s on s.id = t.session_id
    where t.token_hash = spent;
    perform from app.accounts a where a.id = session.account_id for no key update;
    select * into session from app.sessions s where s.id = session.id for update;
    if not found or session.ended_at is not null then return; end if;
    select * into token from app.refresh_tokens t where t.token_hash = spent for update;
    if not found or token.expires_at <= app.clock() then return; end if;

    if token.spent_at is not null and not (
        exists (select from app.refresh_tokens n
                where n.token_hash = next_token_hash and n.session_id = session.id and n.spent_at is null)
        and (coalesce(token.spent_with = with_key, false)
             or session.kiosk_id is null and coalesce(token.spent_by = from_device, false)
                and token.spent_at > app.clock() - interval '10 seconds'))
    then
        update app.sessions s set ended_at = app.clock(), ended_because = 'token_reused' where s.id = session.id;
        return;
    end if;
    if coalesce(app.standing(session.account_id), 'suspended') = 'suspended' then return; end if;
    if session.kiosk_id is not null then
        if not app.kiosk_session_stands(session.id) then return; end if;
        until := case when token.spent_at is null
                      then least(app.clock() + interval '3 minutes', session.created_at + interval '30 minutes')
                      else session.ends_at end;
        update app.sessions s set ends_at = until where s.id = session.id;
        kiosk_seconds := floor(extract(epoch from until - app.clock()));
    end if;

    if token.spent_at is null then
        update app.refresh_tokens t set spent_at = app.clock(), spent_by = from_device, spent_with = with_key
        where t.token_hash = spent;
        insert into app.refresh_tokens (token_hash, session_id, expires_at) values (next_token_hash, session.id, until);
    end if;
    perform app.seen(session.account_id);
    account_id := session.account_id;
    session_id := session.id;
end $$;
grant execute on function app.rotate_session(bytea, bytea, timestamptz, bytea, bytea) to ecopanier_api;
