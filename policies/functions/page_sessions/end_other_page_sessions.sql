-- End the sessions of an account in all browsers but one.
-- Called by the pages where Supabase Auth signs people in, as the API: it has ended the other sign-ins there, and their
-- access tokens would open pages for up to an hour more. Where we sign people in, each session ends with its sign-in.
-- Definer, because nobody may write these sessions; only the API may execute it.
create or replace function app.end_other_page_sessions(held bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from app.page_sessions p
    using app.page_sessions mine
    where mine.id_hash = held and p.account_id = mine.account_id and p.kind = 'person' and p.id_hash <> held;
$$;
grant execute on function app.end_other_page_sessions(bytea) to ecopanier_api;
