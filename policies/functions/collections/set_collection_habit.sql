-- Set whether and when what a shop could not hand out is offered for collection by itself.
-- Called by PUT /v1/shops/{shop_id}/collection-habit, as an owner or staff. Lots that were over before it was turned on are
-- left alone. `versions` are those that the caller has read (If-Match); null: any.
-- Definer, because nobody may write habits. Locks: the shop (share), the habit.
create or replace function app.set_collection_habit(
    shop uuid, wanted_active boolean, wanted_opens time, wanted_closes time, wanted_notes text, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    was app.collection_habits;
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'staff'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    perform from app.shops s where s.id = shop for share;
    select * into was from app.collection_habits h where h.shop_id = shop for update;
    if coalesce(was.version, 0) <> all (versions) then raise exception 'precondition.failed' using errcode = 'EP412'; end if;
    insert into app.collection_habits as h (shop_id, active, opens, closes, notes)
    values (shop, wanted_active, wanted_opens, wanted_closes, wanted_notes)
    on conflict on constraint collection_habits_pkey do update
    set active = excluded.active, opens = excluded.opens, closes = excluded.closes, notes = excluded.notes,
        version = h.version + 1;
    if wanted_active and not coalesce(was.active, false) then
        insert into app.unsold_lots_asked (lot_id, at)
        select l.id, app.clock() from app.lots l
        where l.shop_id = shop and l.status = 'ended' and l.suspended_from is null
          and l.pickup_end > app.clock() - interval '2 days'
        on conflict do nothing;
    end if;
end $$;
grant execute on function app.set_collection_habit(uuid, boolean, time, time, text, int[]) to authenticated;
