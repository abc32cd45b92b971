-- Offer other associations what the caller's association has too much of, and return the collection.
-- Called by POST /v1/associations/me/offers, as owner or staff of a verified association. What it takes and raises stands
-- with make_collection, which offers it to the association that fits best.
-- Definer, because nobody may write collections. Locks: none but those of make_collection.
create or replace function app.offer_surplus(wanted_items jsonb, starts timestamptz, ends timestamptz, note text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own uuid := app.acting_verified();
begin
    if own is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return app.make_collection(null, own, null, '[]', wanted_items, starts, ends, note, 'association', app.caller());
end $$;
grant execute on function app.offer_surplus(jsonb, timestamptz, timestamptz, text) to authenticated;
