-- Alerts for saved places: people see and remove their own, and nobody else sees them. Set by set_alert.
alter table app.place_alerts enable row level security;
alter table app.place_alerts force row level security;

create policy "Acts read and write every row" on app.place_alerts for all to ecopanier_owner using (true) with check (true);

-- Not how often the person was told, which the acts count.
grant select (place_id, account_id, radius_m, categories, max_price_cents, most_a_day) on app.place_alerts to authenticated;
grant delete on app.place_alerts to authenticated;

create policy "People see their own alerts" on app.place_alerts for select to authenticated
    using (account_id = (select app.caller()));

create policy "People remove their own alerts" on app.place_alerts for delete to authenticated
    using (account_id = (select app.caller()));
