-- Return whether a kiosk's session goes on.
-- Called by the API at each request with a kiosk's access token, and at no other: at a tablet that strangers share,
-- signing out must not wait until a token expires. Definer and for the API alone, because nobody may read sessions of
-- others.
create or replace function app.kiosk_session_stands(session uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select from app.sessions s
        join app.kiosks k on k.id = s.kiosk_id
        join app.cards c on c.id = s.card_id
        where s.id = session and s.ended_at is null and s.ends_at > app.clock()
          and c.status = 'active' and app.kiosk_works(k));
end $$;
grant execute on function app.kiosk_session_stands(uuid) to ecopanier_api;
