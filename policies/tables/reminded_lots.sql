-- Lots whose holders were reminded of the window: written by remind_holders.
alter table app.reminded_lots enable row level security;
alter table app.reminded_lots force row level security;

create policy "Acts read and write every row" on app.reminded_lots for all to ecopanier_owner
    using (true) with check (true);
