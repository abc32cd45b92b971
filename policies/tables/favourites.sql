-- Favourite shops: people see and remove their own. Nobody sees who likes a shop, not even the shop. Added by
-- add_favourite.
alter table app.favourites enable row level security;
alter table app.favourites force row level security;

create policy "Acts read and write every row" on app.favourites for all to ecopanier_owner using (true) with check (true);

grant select, delete on app.favourites to authenticated;

create policy "People see their own favourites" on app.favourites for select to authenticated
    using (account_id = (select app.caller()));

create policy "People remove their own favourites" on app.favourites for delete to authenticated
    using (account_id = (select app.caller()));
