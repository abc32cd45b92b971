-- Add a verified shop to the caller's favourites. If it is one already, nothing changes.
-- Called by PUT /v1/favourites/{shop_id}, as a customer or a beneficiary. The favourite takes the lowest free slot. A
-- constraint refuses a slot above the highest, so that the number of favourites holds even without the lock.
-- Definer, because nobody may choose slots: it adds to the caller's own favourites only.
-- Locks: the account (no key update), so that two requests at once do not choose the same slot, and so that an account
-- that is being erased gets no favourite.
create or replace function app.add_favourite(shop uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me uuid := app.caller();
begin
    perform app.require_role(me, 'customer', 'beneficiary');
    perform from app.accounts a where a.id = me for no key update;
    perform app.require_role(me, 'customer', 'beneficiary');
    if not exists (select from app.shops s where s.id = shop and s.status = 'verified') then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    insert into app.favourites (account_id, shop_id, slot)
    select me, shop, n
    from generate_series(1, 1 + (select count(*) from app.favourites f where f.account_id = me)) n
    where not exists (select from app.favourites f where f.account_id = me and f.slot = n)
      and not exists (select from app.favourites f where f.account_id = me and f.shop_id = shop)
    order by n limit 1;
end $$;
grant execute on function app.add_favourite(uuid) to authenticated;
