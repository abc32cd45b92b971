-- The outcomes of lots, and the sums by shop and day: only acts read and write them.
alter table app.lot_ends enable row level security;
alter table app.lot_ends force row level security;
alter table app.figure_days enable row level security;
alter table app.figure_days force row level security;

create policy "Acts read and write every row" on app.lot_ends for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.figure_days for all to ecopanier_owner using (true) with check (true);

create trigger lot_ends_are_append_only before delete or truncate on app.lot_ends
    for each statement execute function app.refuse_change();
create trigger lot_ends_do_not_change before update on app.lot_ends
    for each row when (to_jsonb(old) - 'written_by' is distinct from to_jsonb(new) - 'written_by')
    execute function app.refuse_change();
