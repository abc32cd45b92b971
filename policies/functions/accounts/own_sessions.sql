-- Return the caller's open sessions with when each was last used, newest sign-in first.
-- Called by GET /v1/me/sessions. A session is last used when it got its newest token.
-- Definer, because nobody may read tokens: only the caller's own sessions.
create or replace function app.own_sessions(
    out id uuid, out created_at timestamptz, out last_used_at timestamptz, out at_kiosk boolean)
returns setof record
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.id, s.created_at, max(t.issued_at), s.kiosk_id is not null
    from app.sessions s join app.refresh_tokens t on t.session_id = s.id
    where s.account_id = app.caller() and s.ended_at is null and (s.ends_at is null or s.ends_at > app.clock())
    group by s.id
    having bool_or(t.spent_at is null and t.expires_at > app.clock())
    order by s.id desc limit 100;
$$;
grant execute on function app.own_sessions() to authenticated;
