-- The time up to which the public recall feed was read: only the worker's acts read and write it.
alter table app.recall_feed enable row level security;
alter table app.recall_feed force row level security;

create policy "Acts read and write every row" on app.recall_feed for all to ecopanier_owner using (true) with check (true);
