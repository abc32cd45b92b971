-- The usual leftovers of shops, and suggestions that were dismissed: only acts read and write them. An association learns of a
-- shop's leftovers through neighbour_suggestions, and only while the shop shows them.
alter table app.shop_leftovers enable row level security;
alter table app.shop_leftovers force row level security;
create policy "Acts read and write every row" on app.shop_leftovers for all to ecopanier_owner using (true) with check (true);

alter table app.neighbour_dismissals enable row level security;
alter table app.neighbour_dismissals force row level security;
create policy "Acts read and write every row" on app.neighbour_dismissals for all to ecopanier_owner
    using (true) with check (true);

-- Shops invited by others, and addresses that want no invitation: only acts read and write them. The inviting shop gets counts.
alter table app.shop_invitations enable row level security;
alter table app.shop_invitations force row level security;
create policy "Acts read and write every row" on app.shop_invitations for all to ecopanier_owner
    using (true) with check (true);

alter table app.refused_invitations enable row level security;
alter table app.refused_invitations force row level security;
create policy "Acts read and write every row" on app.refused_invitations for all to ecopanier_owner
    using (true) with check (true);

-- The steps of an invited shop are noted where it happens.
create trigger invited_shop_verified after update of status on app.shops
    for each row when (new.status = 'verified' and old.status <> 'verified') execute function app.invited_shop_verified();
create trigger invited_shop_publishes_new after insert on app.lots
    for each row when (new.status = 'published' and new.suspended_from is null)
    execute function app.invited_shop_publishes();
create trigger invited_shop_publishes after update of status on app.lots
    for each row when (new.status = 'published' and old.status <> 'published' and new.suspended_from is null)
    execute function app.invited_shop_publishes();
