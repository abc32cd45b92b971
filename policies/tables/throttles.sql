-- Counted tries: for nobody; throttle and forget_tries work on them.
alter table app.throttles enable row level security;
alter table app.throttles force row level security;

create policy "The acts do their work" on app.throttles for all to ecopanier_owner using (true) with check (true);
