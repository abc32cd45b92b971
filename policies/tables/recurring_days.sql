-- Days on which a recurring listing is different: only its merchant sees and edits them.
alter table app.recurring_days enable row level security;
alter table app.recurring_days force row level security;

create policy "Acts read and write every row" on app.recurring_days for all to ecopanier_owner using (true) with check (true);

grant select, insert, delete on app.recurring_days to authenticated;
grant update (skipped, quantity, price_cents, pickup_from, pickup_until) on app.recurring_days to authenticated;

-- This finds only listings that the caller sees, because the policies of recurring_listings apply inside a policy too.
create policy "Merchants adjust days of their own listings" on app.recurring_days for all to authenticated
    using (exists (select from app.recurring_listings r where r.id = listing_id))
    with check (exists (select from app.recurring_listings r where r.id = listing_id));

create trigger guard_recurring_day before insert or update on app.recurring_days
    for each row execute function app.guard_recurring_day();
