-- Notices of the public recall feed: everybody who is signed in may read what is public anyway. Acts write them.
alter table app.recall_notices enable row level security;
alter table app.recall_notices force row level security;

create policy "Acts read and write every row" on app.recall_notices for all to ecopanier_owner using (true) with check (true);

grant select on app.recall_notices to authenticated;

create policy "Everybody signed in reads recall notices" on app.recall_notices for select to authenticated
    using ((select app.caller()) is not null);
