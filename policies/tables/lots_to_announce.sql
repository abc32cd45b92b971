-- Lots that came on offer and of which not everybody is told who wants to know: written by announce_lot, worked on and
-- removed by announce_lots. Nobody else sees them.
alter table app.lots_to_announce enable row level security;
alter table app.lots_to_announce force row level security;

create policy "Acts read and write every row" on app.lots_to_announce for all to ecopanier_owner using (true) with check (true);
