-- Sign out: end the session that a refresh token belongs to.
-- Called by POST /v1/auth/logout, as the API.
-- Definer, because nobody may write sessions. Holding the token is enough; an unknown token ends nothing and is not an
-- error.
create or replace function app.end_session(held bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.sessions s set ended_at = app.clock(), ended_because = 'signed_out'
    from app.refresh_tokens t
    where t.token_hash = held and s.id = t.session_id and s.ended_at is null;
end $$;
grant execute on function app.end_session(bytea) to ecopanier_api;
