-- What was drafted from photos: kept and read by acts alone.
alter table app.listing_drafts enable row level security;
alter table app.listing_drafts force row level security;

create policy "The acts do their work" on app.listing_drafts for all to ecopanier_owner using (true) with check (true);
