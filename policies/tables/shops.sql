-- Shops: verified ones are public, the others are for their merchant and for admins.
alter table app.shops enable row level security;
alter table app.shops force row level security;

create policy "The acts do their work" on app.shops for all to ecopanier_owner using (true) with check (true);

-- owner_id is granted to nobody: the policies know whose a shop is, others need not.
grant select (id, name, siret, address, insee_code, latitude, longitude, place, category, opening_hours, status, version,
    created_at) on app.shops to anon, authenticated;
grant insert (owner_id, name, siret, address, insee_code, latitude, longitude, category, opening_hours)
    on app.shops to authenticated;
grant update (name, address, insee_code, latitude, longitude, category, opening_hours) on app.shops to authenticated;

create policy "Anyone sees verified shops" on app.shops for select to anon, authenticated
    using (status = 'verified');

create policy "Merchants see their own shops" on app.shops for select to authenticated
    using (owner_id = (select app.caller()));

create policy "Holders see the shops they reserved at" on app.shops for select to authenticated
    using (id = any (array(select app.shops_reserved_at_by((select app.caller())))));

create policy "Associations see the shops that they have agreements with" on app.shops for select to authenticated
    using (id = any (array(select app.shops_agreed_with((select app.caller())))));

create policy "Admins see shops" on app.shops for select to authenticated
    using ((select app.caller_role()) = 'admin');

create policy "Merchants register shops of their own" on app.shops for insert to authenticated
    with check (owner_id = (select app.caller()) and (select app.caller_role()) = 'merchant' and status = 'pending');

create policy "Merchants edit their own shops" on app.shops for update to authenticated
    using (owner_id = (select app.caller())) with check (owner_id = (select app.caller()));
-- The status changes by decide_shop and suspend_account alone; nobody deletes a shop.

create trigger guard_shop before update of name, address, insee_code, latitude, longitude, category, opening_hours
    on app.shops for each row execute function app.guard_shop();
