-- Begin a draft: return the caller's shop and its time zone, what it offered last, and whether the model may be asked.
-- Called by POST /v1/lots/drafts before anything is drafted from the photo, as a merchant.
-- The call to the model is counted here, before it is made, so that a shop's daily limit holds whatever fails later. With
-- Premium a shop has no such limit, unless the model is turned off (0).
-- Definer, because nobody may read or write the counter. Only a verified shop of the caller's gets through; see
-- shop_to_draft_for.
-- Locks: the shop's counter of the day.
create or replace function app.begin_draft(
    wanted_shop uuid, with_model boolean, out shop uuid, out shop_category text, out time_zone text,
    out no_model_because text, out earlier json, out begun_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    budget int;
begin
    begun_at := app.clock();
    select d.shop, d.shop_category, d.time_zone into shop, shop_category, time_zone
    from app.shop_to_draft_for(wanted_shop) d;

    if with_model then
        budget := app.setting_int('model_drafts_per_shop_and_day');
        insert into app.model_calls as m (shop_id, day, calls) select shop, app.local_day(begun_at, time_zone), 1 where budget > 0
        on conflict (shop_id, day) do update set calls = m.calls + 1 where m.calls < budget or app.shop_entitled(shop, 'drafts');
        if not found then no_model_because := 'model_budget_spent'; end if;
    end if;

    select coalesce(json_agg(e), '[]') into earlier from (
        select l.gtin, l.title, l.description, l.category, l.original_price_cents, l.price_cents, l.quantity,
               l.weight_grams, l.date_kind, l.cold_chain, l.allergens
        from app.lots l where l.shop_id = shop and l.status not in ('draft', 'recalled') and l.price_cents > 0
        order by l.id desc limit 50) e;
end $$;
grant execute on function app.begin_draft(uuid, boolean) to authenticated;
