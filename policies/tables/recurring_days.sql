-- Days on which a recurring listing is different: members of its shop see them, its owners and staff edit them.
alter table app.recurring_days enable row level security;
alter table app.recurring_days force row level security;

create policy "Acts read and write every row" on app.recurring_days for all to ecopanier_owner using (true) with check (true);

grant select, insert, delete on app.recurring_days to authenticated;
grant update (skipped, quantity, price_cents, pickup_from, pickup_until) on app.recurring_days to authenticated;

-- This finds only listings that the caller sees, because the policies of recurring_listings apply inside a policy too.
create policy "Members see days of their shops' listings" on app.recurring_days for select to authenticated
    using (exists (select from app.recurring_listings r where r.id = listing_id));

create policy "Members add days to their shops' listings" on app.recurring_days for insert to authenticated
    with check (exists (select from app.recurring_listings r where r.id = listing_id
                        and r.shop_id = any (array(select app.shops_of((select app.caller()), 'staff')))));

create policy "Members adjust days of their shops' listings" on app.recurring_days for update to authenticated
    using (exists (select from app.recurring_listings r where r.id = listing_id
                   and r.shop_id = any (array(select app.shops_of((select app.caller()), 'staff')))))
    with check (exists (select from app.recurring_listings r where r.id = listing_id
                        and r.shop_id = any (array(select app.shops_of((select app.caller()), 'staff')))));

create policy "Members remove days of their shops' listings" on app.recurring_days for delete to authenticated
    using (exists (select from app.recurring_listings r where r.id = listing_id
                   and r.shop_id = any (array(select app.shops_of((select app.caller()), 'staff')))));

create trigger guard_recurring_day before insert or update on app.recurring_days
    for each row execute function app.guard_recurring_day();
