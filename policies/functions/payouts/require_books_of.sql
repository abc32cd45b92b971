-- Raise EP404 unless the caller may read the books of a shop: its owners, and admins.
-- Called by shop_balance, shop_ledger, shop_payouts and payout_account_of. Only the owner may execute it.
create or replace function app.require_books_of(shop uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if shop <> all (array(select app.shops_of(app.caller(), 'owner')))
       and (app.caller_role() is distinct from 'admin' or not exists (select from app.shops s where s.id = shop)) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
end $$;
