-- Raise EP409 if the use-by date of something in a collection forbids a takeover at a moment: it is past by then, or less
-- than 48 hours away while the association has not declared that it distributes in time.
-- Called by acts that ask for, accept and postpone a collection, with the end of its window, and by those that take it over.
-- Without an association, only what is past is refused: one that distributes in time may still receive it.
-- Only the owner may execute it. Definer, because it reads items and associations whoever asks.
create or replace function app.require_food_law(collection uuid, association uuid, takeover timestamptz) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    in_time boolean := coalesce((select a.distributes_in_time from app.associations a where a.id = association), true);
    refusal text := (
        select min(r.code) from app.collection_items i
        cross join lateral (select app.food_refusal(i.date_kind, i.food_date_ends_at, 'collection', takeover, in_time)) r (code)
        where i.collection_id = collection);
begin
    if refusal is not null then raise exception '%', refusal using errcode = 'EP409'; end if;
end $$;
