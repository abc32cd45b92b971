-- Waiting lists: one's own entries. Nobody sees who else waits, a merchant not even that somebody does.
alter table app.waiting enable row level security;
alter table app.waiting force row level security;

create policy "The acts do their work" on app.waiting for all to ecopanier_owner using (true) with check (true);

grant select (id, lot_id, quantity, status, offered, offer_until, reservation_id, created_at, ended_at) on app.waiting
    to authenticated;

create policy "People see their own places in line" on app.waiting for select to authenticated
    using (account_id = (select app.caller()));

grant select (id, lot_id, account_id, status, offered, offer_until) on app.waiting to ecopanier_worker;
create policy "The worker reads whom to tell" on app.waiting for select to ecopanier_worker using (true);
-- Written by join_waiting, leave_waiting, take_offer, lapse_offers, and when something comes back to a lot.
