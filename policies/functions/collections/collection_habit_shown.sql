-- Return the habit of a shop with what it could not hand out; without one, that of a shop that does nothing by itself.
-- Called by GET and PUT /v1/shops/{shop_id}/collection-habit, as a member of the shop.
-- Definer, because nobody may read habits. Only members of the shop get through.
create or replace function app.collection_habit_shown(
    shop uuid, out active boolean, out opens time, out closes time, out notes text, out version int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'reader'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    select h.active, h.opens, h.closes, h.notes, h.version into active, opens, closes, notes, version
    from app.collection_habits h where h.shop_id = shop;
    if not found then
        active := false; opens := '19:00'; closes := '20:30'; notes := ''; version := 0;
    end if;
end $$;
grant execute on function app.collection_habit_shown(uuid) to authenticated;
