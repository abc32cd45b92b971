-- Return what a person searches with: their saved places as JSON, in the order in which they saved them, and their sealed
-- diet with the data key that opens it (null without a diet). placed: whether the search has a place; without one, the
-- diet is opened only if a saved place stands in for it. Opening it is noted in the audit log, as open_diet does.
-- Called by GET /v1/me/search, as the API: each search of a signed-in person on a page needs both, in one statement.
-- Raises EP401, and EP403 for a suspended account and for roles that have neither.
-- Definer, because nobody may read diets or data keys: it returns the caller's own only; only the API may execute it.
create or replace function app.search_habits(
    caller uuid, placed boolean, out places json, out sealed bytea, out wrapped bytea, out master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.require_role(caller, 'customer', 'beneficiary');
    select coalesce(json_agg(json_build_object(
               'id', p.id, 'name', p.name, 'latitude', p.latitude, 'longitude', p.longitude,
               'alert', case when a.place_id is not null then json_build_object(
                   'radius_m', a.radius_m, 'categories', a.categories, 'max_price_cents', a.max_price_cents,
                   'most_a_day', a.most_a_day) end) order by p.id), '[]')
    into places
    from app.saved_places p left join app.place_alerts a on a.place_id = p.id
    where p.account_id = caller;
    if not placed and json_array_length(places) = 0 then return; end if;
    select d.sealed, k.wrapped, k.master_key into sealed, wrapped, master_key
    from app.diets d join key_vault.data_keys k on k.account_id = d.account_id
    where d.account_id = caller;
    if found then
        perform app.be_audited(caller);
        perform app.note('diet.opened', 'diet', caller, jsonb_build_object('why', 'own'));
    end if;
end $$;
grant execute on function app.search_habits(uuid, boolean) to ecopanier_api;
