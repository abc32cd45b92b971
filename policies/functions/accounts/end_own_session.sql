-- End a session of the caller's; its browsers are signed out at once. EP404 unless it is theirs. Ending it again changes
-- nothing.
-- Called by DELETE /v1/me/sessions/{session_id}. Definer, because nobody may write sessions: only the caller's own.
create or replace function app.end_own_session(ended uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.sessions s set ended_at = coalesce(s.ended_at, app.clock()),
                              ended_because = coalesce(s.ended_because, 'signed_out')
    where s.id = ended and s.account_id = app.caller();
    if not found then raise exception 'session.not_found' using errcode = 'EP404'; end if;
end $$;
grant execute on function app.end_own_session(uuid) to authenticated;
