-- Counted attempts: nobody reads them. throttle, forget_tries and the acts that check a secret use them.
alter table app.throttles enable row level security;
alter table app.throttles force row level security;

create policy "Acts read and write every row" on app.throttles for all to ecopanier_owner using (true) with check (true);
