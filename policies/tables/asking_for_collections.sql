-- Links that ask for collections, shops' habits with unsold lots, and recurring requests. Nobody reads or writes them
-- directly: acts show a shop's owners and staff what is theirs, and nobody the hash of a token.
alter table app.collection_links enable row level security;
alter table app.collection_links force row level security;
alter table app.collection_link_uses enable row level security;
alter table app.collection_link_uses force row level security;
alter table app.collection_habits enable row level security;
alter table app.collection_habits force row level security;
alter table app.unsold_lots_asked enable row level security;
alter table app.unsold_lots_asked force row level security;
alter table app.recurring_collections enable row level security;
alter table app.recurring_collections force row level security;
alter table app.recurring_collection_days enable row level security;
alter table app.recurring_collection_days force row level security;
alter table app.collection_occurrences enable row level security;
alter table app.collection_occurrences force row level security;

create policy "Acts read and write every row" on app.collection_links for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.collection_link_uses for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.collection_habits for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.unsold_lots_asked for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.recurring_collections for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.recurring_collection_days for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.collection_occurrences for all to ecopanier_owner
    using (true) with check (true);
