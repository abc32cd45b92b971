-- The emissions of vehicles, which everybody may read; the impact of collections, which only acts read; and what associations
-- declare about accepted food, which everybody sees who sees the collection. Only acts write.
alter table app.vehicle_factors enable row level security;
alter table app.vehicle_factors force row level security;
alter table app.collected_impact enable row level security;
alter table app.collected_impact force row level security;
alter table app.collection_outcomes enable row level security;
alter table app.collection_outcomes force row level security;

create policy "Acts read and write every row" on app.vehicle_factors for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.collected_impact for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.collection_outcomes for all to ecopanier_owner
    using (true) with check (true);

grant select on app.vehicle_factors to anon, authenticated;
grant select on app.collection_outcomes to authenticated;

create policy "Anyone reads what vehicles emit" on app.vehicle_factors for select to anon, authenticated using (true);
create policy "People see what became of collections that concern them" on app.collection_outcomes for select
    to authenticated using (collection_id = any (array(select app.collections_seen_by((select app.caller())))));
create policy "Admins see what became of collections" on app.collection_outcomes for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger vehicle_factors_are_append_only before update or delete or truncate on app.vehicle_factors
    for each statement execute function app.refuse_change();
-- Entries go only with their collection.
create trigger collected_impact_does_not_change before update on app.collected_impact
    for each row when (to_jsonb(old) - 'written_by' is distinct from to_jsonb(new) - 'written_by')
    execute function app.refuse_change();
create trigger collected_impact_is_not_truncated before truncate on app.collected_impact
    for each statement execute function app.refuse_change();
create trigger collection_outcomes_do_not_change before update on app.collection_outcomes
    for each row execute function app.refuse_change();

-- The savings of collections by category, which only acts read. It goes only with its collection.
alter table app.collected_categories enable row level security;
alter table app.collected_categories force row level security;
create policy "Acts read and write every row" on app.collected_categories for all to ecopanier_owner
    using (true) with check (true);
create trigger collected_categories_do_not_change before update on app.collected_categories
    for each row execute function app.refuse_change();
create trigger collected_categories_are_not_truncated before truncate on app.collected_categories
    for each statement execute function app.refuse_change();
