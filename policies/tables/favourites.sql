-- Favourite shops: people see, add and remove their own. Nobody sees who likes a shop, not even the shop.
alter table app.favourites enable row level security;
alter table app.favourites force row level security;

create policy "Acts read and write every row" on app.favourites for all to ecopanier_owner using (true) with check (true);

grant select, delete on app.favourites to authenticated;
grant insert (account_id, shop_id) on app.favourites to authenticated;

create policy "People see their own favourites" on app.favourites for select to authenticated
    using (account_id = (select app.caller()));

create policy "Customers and beneficiaries add verified shops" on app.favourites for insert to authenticated
    with check (account_id = (select app.caller())
                and (select app.caller_role()) in ('customer', 'beneficiary')
                and exists (select from app.shops s where s.id = shop_id and s.status = 'verified'));

create policy "People remove their own favourites" on app.favourites for delete to authenticated
    using (account_id = (select app.caller()));
