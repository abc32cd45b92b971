-- Collectors' profiles, tours, their stops, tasks and steps: a collector sees their own, an association those that it plans,
-- admins all. A profile tells where a person starts, so only they and admins read it; planning reads it by an act, and plans are
-- read by one too. Only acts write.
alter table app.collector_profiles enable row level security;
alter table app.collector_profiles force row level security;
alter table app.tours enable row level security;
alter table app.tours force row level security;
alter table app.tour_stops enable row level security;
alter table app.tour_stops force row level security;
alter table app.stop_tasks enable row level security;
alter table app.stop_tasks force row level security;
alter table app.tour_steps enable row level security;
alter table app.tour_steps force row level security;

create policy "Acts read and write every row" on app.collector_profiles for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.tours for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.tour_stops for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.stop_tasks for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.tour_steps for all to ecopanier_owner using (true) with check (true);

alter table app.tour_plans enable row level security;
alter table app.tour_plans force row level security;

create policy "Acts read and write every row" on app.tour_plans for all to ecopanier_owner using (true) with check (true);

grant select on app.collector_profiles, app.tours, app.tour_stops, app.stop_tasks, app.tour_steps to authenticated;

create policy "Collectors see their own profile" on app.collector_profiles for select to authenticated
    using (collector_id = (select app.caller()));
create policy "Collectors and operators see their tours" on app.tours for select to authenticated
    using (id = any (array(select app.tours_seen_by((select app.caller())))));
create policy "Collectors and operators see the stops of their tours" on app.tour_stops for select to authenticated
    using (tour_id = any (array(select app.tours_seen_by((select app.caller())))));
create policy "Collectors and operators see the tasks of their tours" on app.stop_tasks for select to authenticated
    using (tour_id = any (array(select app.tours_seen_by((select app.caller())))));
create policy "Collectors and operators see the steps of their tours" on app.tour_steps for select to authenticated
    using (tour_id = any (array(select app.tours_seen_by((select app.caller())))));

create policy "Admins see profiles" on app.collector_profiles for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins see tours" on app.tours for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins see stops" on app.tour_stops for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins see tasks of stops" on app.stop_tasks for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins see steps" on app.tour_steps for select to authenticated
    using ((select app.caller_role()) = 'admin');
