-- Verify a shop and publish its paused lots, or reject it and pause its published lots; tell its owners.
-- Called by POST /v1/admin/shops/{shop_id}/verify, as an admin, and by the demo town.
-- Definer, because no role may write a shop's status. Only an admin gets through.
-- Locks: the owner's account (share), the shop, then its lots in the order of ids; collections that end (see
-- policies/LOCKS.md).
create or replace function app.decide_shop(shop uuid, verdict text, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner_status text;
    decided      uuid;
    open_        uuid[] := '{}';
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if verdict not in ('verified', 'rejected') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    -- The lock waits for a suspension of the owner that is under way. The order is that of suspend_account.
    select a.status into owner_status from app.accounts a
    where a.id = (select s.owner_id from app.shops s where s.id = shop) and a.status <> 'erased' for share;
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    if owner_status = 'suspended' then raise exception 'shop.owner_suspended' using errcode = 'EP409'; end if;

    update app.shops s set status = verdict where s.id = shop;
    if verdict = 'rejected' then open_ := app.open_collections_of(array[shop], '{}'); end if;
    -- In the order of ids, as every act that needs several lots.
    perform from app.lots l join app.lot_stock k on k.lot_id = l.id
    where l.shop_id = shop and l.status in ('published', 'paused')
       or l.id in (select i.lot_id from app.collection_items i where i.collection_id = any (open_) and i.holds_stock)
    order by l.id for update of k, l;
    if verdict = 'rejected' then
        update app.lots l set status = 'paused' where l.shop_id = shop and l.status = 'published';
        perform app.end_collections(open_, 'shop_unverified');
    else
        -- What reports of a closed door paused stays paused until its owner resumes it.
        update app.lots l set status = 'published'
        where l.shop_id = shop and l.status = 'paused'
          and exists (select from app.shops s where s.id = shop and s.paused_at is null);
    end if;
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('shop', shop, verdict, why, app.caller(), app.clock()) returning id into decided;
    perform app.tell_decision(decided);
end $$;
grant execute on function app.decide_shop(uuid, text, text) to authenticated;
