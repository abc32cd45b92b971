-- Lots that a recall notice names or may name: admins read and decide them. Shops do not, because a question is no recall.
alter table app.recall_matches enable row level security;
alter table app.recall_matches force row level security;

create policy "Acts read and write every row" on app.recall_matches for all to ecopanier_owner using (true) with check (true);

-- Not who decided.
grant select (notice_id, lot_id, because, found_at, decided_at, recalled) on app.recall_matches to authenticated;

create policy "Admins read which lots recall notices may name" on app.recall_matches for select to authenticated
    using ((select app.caller_role()) = 'admin');
