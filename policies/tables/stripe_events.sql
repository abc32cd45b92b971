-- Stripe's events by id: nobody reads them. store_stripe_event keeps each event once.
alter table app.stripe_events enable row level security;
alter table app.stripe_events force row level security;

create policy "Acts read and write every row" on app.stripe_events for all to ecopanier_owner using (true) with check (true);
