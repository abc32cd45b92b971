-- Passes handed to a friend: nobody reads them. hand_pass, take_back_pass and handed_pass use them.
alter table app.handed_passes enable row level security;
alter table app.handed_passes force row level security;

create policy "Acts read and write every row" on app.handed_passes for all to ecopanier_owner using (true) with check (true);
