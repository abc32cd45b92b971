-- Drafts made from photos: only acts read and write them.
alter table app.listing_drafts enable row level security;
alter table app.listing_drafts force row level security;

create policy "Acts read and write every row" on app.listing_drafts for all to ecopanier_owner using (true) with check (true);
