-- Waiting lists: people see their own entries. Nobody sees who else waits, and a merchant does not even see that
-- somebody does.
alter table app.waiting enable row level security;
alter table app.waiting force row level security;

create policy "Acts read and write every row" on app.waiting for all to ecopanier_owner using (true) with check (true);

grant select (id, lot_id, quantity, status, offered, offer_until, reservation_id, created_at, ended_at) on app.waiting
    to authenticated;

create policy "People see their own places in line" on app.waiting for select to authenticated
    using (account_id = (select app.caller()));
-- Written by join_waiting, leave_waiting, take_offer and lapse_offers, and by triggers when portions come back to a lot or
-- the lot is over.
