-- Pause a shop's lots if `holder` is the third whose door was closed, with no pickup there in between.
-- Called by report_problem, which holds the shop's lock. Only the owner may execute it. Nobody reserves a paused lot, and
-- no search shows it; holds and reservations stay, and whoever comes is still served. What was reported before the owner
-- resumed the lots does not count again.
-- Locks: the lots in the order of ids (policies/LOCKS.md).
create or replace function app.pause_if_closed(shop uuid, holder uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    closed_doors constant int := 3;
    moment timestamptz := app.clock();
    at     app.shops;
    first  timestamptz;
    last   timestamptz;
begin
    select s.* into at from app.shops s where s.id = shop;
    if at.status <> 'verified' or at.paused_at is not null then return; end if;
    select min(q.reported_at) into first from app.problem_reports q
    where q.shop_id = shop and q.kind = 'closed' and q.reported_at > coalesce(at.resumed_at, '-infinity');
    if first is null then return; end if;
    select max(r.ended_at) into last
    from app.lots l join app.reservations r on r.lot_id = l.id
    where l.shop_id = shop and l.pickup_end > first and r.status = 'picked_up';
    if 1 + (select count(distinct q.account_id) from app.problem_reports q
            where q.shop_id = shop and q.kind = 'closed' and q.account_id <> holder
              and q.reported_at > greatest(coalesce(at.resumed_at, '-infinity'), coalesce(last, '-infinity'))) < closed_doors then
        return;
    end if;
    update app.shops s set paused_at = moment where s.id = shop;
    perform from app.lots l join app.lot_stock k on k.lot_id = l.id
    where l.shop_id = shop and l.status = 'published' order by l.id for update of k, l;
    update app.lots l set status = 'paused' where l.shop_id = shop and l.status = 'published';
    perform app.note('shop.paused', 'shop', shop);
    perform app.tell_shop(shop, 'shop_paused', jsonb_build_object('shop', at.name, 'address', at.address), moment::text, shop);
end $$;
