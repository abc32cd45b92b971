-- Stripe's events, by id: for nobody; store_stripe_event keeps each once.
alter table app.stripe_events enable row level security;
alter table app.stripe_events force row level security;

create policy "The acts do their work" on app.stripe_events for all to ecopanier_owner using (true) with check (true);
