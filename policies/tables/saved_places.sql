-- Saved places, which may be homes: people see, change and remove their own, and nobody else sees them. Added by
-- save_place.
alter table app.saved_places enable row level security;
alter table app.saved_places force row level security;

create policy "Acts read and write every row" on app.saved_places for all to ecopanier_owner using (true) with check (true);

grant select, delete on app.saved_places to authenticated;
grant update (name, latitude, longitude) on app.saved_places to authenticated;

create policy "People see their own places" on app.saved_places for select to authenticated
    using (account_id = (select app.caller()));

create policy "People change their own places" on app.saved_places for update to authenticated
    using (account_id = (select app.caller())) with check (account_id = (select app.caller()));

create policy "People remove their own places" on app.saved_places for delete to authenticated
    using (account_id = (select app.caller()));

create trigger guard_saved_place before insert or update of name, latitude, longitude
    on app.saved_places for each row execute function app.guard_saved_place();
create trigger move_alert after update of latitude, longitude
    on app.saved_places for each row execute function app.move_alert();
