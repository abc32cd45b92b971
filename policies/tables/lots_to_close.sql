-- Lots that are over and not closed yet: queue_closing writes them, close_lots takes them.
alter table app.lots_to_close enable row level security;
alter table app.lots_to_close force row level security;

create policy "Acts read and write every row" on app.lots_to_close for all to ecopanier_owner using (true) with check (true);
