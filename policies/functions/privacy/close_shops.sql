-- Reduce an erased merchant's shops to rows that other people's reservations and figures refer to.
-- Called by erase_account, after it has withdrawn the shops' lots. Only the owner may execute it.
-- No name, address, exact place or text of the merchant's stays. The SIRET goes to the books, for payments that come
-- there later.
-- Locks: what belongs to the shops; erase_account has locked their recurring listings, the shops and their lots
-- (policies/LOCKS.md).
create or replace function app.close_shops(owner uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own_shops uuid[] := array(select s.id from app.shops s where s.owner_id = owner);
    shown     uuid[] := array(
        select l.photo_id from app.lots l where l.shop_id = any (own_shops) and l.photo_id is not null
        union
        select r.photo_id from app.recurring_listings r where r.shop_id = any (own_shops) and r.photo_id is not null
        union
        select s.photo_id from app.shops s where s.owner_id = owner and s.photo_id is not null);
begin
    insert into accounting.erased_shops (shop_id, siret, erased_at)
    select s.id, s.siret, app.clock() from app.shops s where s.owner_id = owner
    on conflict (shop_id) do nothing;
    update app.shops s
    set name = '-', address = '-', siret = '00000000000000', opening_hours = '{}', status = 'closed',
        description = '', photo_id = null, telephone = null, website = null, shows_impact = false,
        legal_name = null, legal_form = null, legal_address = null, vat_number = null,
        latitude = round(s.latitude::numeric, 1), longitude = round(s.longitude::numeric, 1)
    where s.owner_id = owner and s.status <> 'closed';
    delete from app.recurring_days d
    using app.recurring_listings r where r.id = d.listing_id and r.shop_id = any (own_shops);
    update app.recurring_listings r set active = false, title = '-', description = '', photo_id = null
    where r.shop_id = any (own_shops);
    update app.shop_invitations i set lookup = null, sealed = null, token_hash = null where i.shop_id = any (own_shops);
    delete from app.shop_leftovers l where l.shop_id = any (own_shops);
    delete from app.neighbour_dismissals d where d.shop_id = any (own_shops);
    delete from app.recurring_collections r where r.shop_id = any (own_shops);
    delete from app.collection_habits h where h.shop_id = any (own_shops);
    update app.collection_links k set name = '-', revoked_at = coalesce(k.revoked_at, app.clock())
    where k.shop_id = any (own_shops);
    update app.collections c set notes = '' where c.shop_id = any (own_shops);
    perform app.forget_webhooks(own_shops);
    delete from app.favourites f where f.shop_id = any (own_shops);
    update app.problem_reports q set answer = '' where q.shop_id = any (own_shops) and q.answer is not null;
    delete from app.listing_drafts d where d.shop_id = any (own_shops);
    delete from app.model_calls c where c.shop_id = any (own_shops);
    update app.agreements g set status = 'ended', ended_at = app.clock(), ended_by = 'shop'
    where g.shop_id = any (own_shops) and g.status in ('proposed', 'confirmed');
    -- Trade number and batch stay, because the food may still be recalled by them.
    update app.lots l
    set title = '-', description = '', photo_id = null, place = s.place
    from app.shops s where s.id = l.shop_id and l.shop_id = any (own_shops);
    update app.photos p set used = false, status = 'going'
    where (p.account_id = owner or p.id = any (shown)) and not app.photo_is_shown(p.id);
    delete from app.members m where m.shop_id = any (own_shops);
    -- Waits for a device that is being paired, whose token then goes too.
    update app.stations t
    set name = '-', code_hash = null, code_ends_at = null, token_hash = null, revoked_at = coalesce(t.revoked_at, app.clock())
    where t.shop_id = any (own_shops);
    update app.decisions d set reason = null
    where d.reason is not null
      and (d.subject = 'shop' and d.subject_id = any (own_shops)
           or d.subject = 'lot' and d.subject_id in (select l.id from app.lots l where l.shop_id = any (own_shops)));
end $$;
