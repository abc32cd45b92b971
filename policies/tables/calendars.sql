-- Addresses of collectors' calendars: nobody reads them. make_calendar, revoke_calendar and tours_in_calendar use them.
alter table app.calendars enable row level security;
alter table app.calendars force row level security;

create policy "Acts read and write every row" on app.calendars for all to ecopanier_owner using (true) with check (true);

create trigger keep_left_tour after update of collector_id on app.tours
    for each row when (old.collector_id is distinct from new.collector_id) execute function app.keep_left_tour();
