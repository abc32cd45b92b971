-- Return a recurring request of a shop of the caller's, locked; raise EP404 if there is none, EP412 if its version is none of
-- `versions` (null: any).
-- Called by the acts that change recurring requests. Only the owner may execute it.
-- Definer, because nobody may lock them. Locks: the recurring request.
create or replace function app.own_series(series uuid, versions int[] default null) returns app.recurring_collections
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    own app.recurring_collections;
begin
    select * into own from app.recurring_collections r
    where r.id = series and r.shop_id = any (array(select app.shops_of(app.caller(), 'staff'))) for update;
    if not found then raise exception 'recurring_collection.not_found' using errcode = 'EP404'; end if;
    if own.version <> all (versions) then raise exception 'precondition.failed' using errcode = 'EP412'; end if;
    return own;
end $$;
