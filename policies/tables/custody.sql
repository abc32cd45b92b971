-- Limits of temperature, which everybody may read, and the chains of custody: whoever sees a collection sees its chain.
-- Only acts write.
alter table app.temperature_limits enable row level security;
alter table app.temperature_limits force row level security;
alter table app.custody_entries enable row level security;
alter table app.custody_entries force row level security;
alter table app.custody_heads enable row level security;
alter table app.custody_heads force row level security;

create policy "Acts read and write every row" on app.temperature_limits for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.custody_entries for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.custody_heads for all to ecopanier_owner using (true) with check (true);

grant select on app.temperature_limits to anon, authenticated;
grant select on app.custody_entries to authenticated;

create policy "Anyone reads limits of temperature" on app.temperature_limits for select to anon, authenticated using (true);
create policy "People see the custody of collections that concern them" on app.custody_entries for select to authenticated
    using (collection_id = any (array(select app.collections_seen_by((select app.caller())))));
create policy "Admins see custody" on app.custody_entries for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger temperature_limits_are_append_only before update or delete or truncate on app.temperature_limits
    for each statement execute function app.refuse_change();
-- Entries go only with their collection, when the time for which it is kept is over.
create trigger custody_entries_do_not_change before update on app.custody_entries
    for each row execute function app.refuse_change();
create trigger custody_entries_are_not_truncated before truncate on app.custody_entries
    for each statement execute function app.refuse_change();
