-- How many accounts there are by role and state, and shops (kind `shop`) by state, and on which day in Paris they came: the
-- sum of `change`. Nobody reads them directly; admin_figures, operations_by_day and to_decide do. Accounts that were erased
-- are in no count.
alter table app.standing_counts enable row level security;
alter table app.standing_counts force row level security;

create policy "Acts read and write every row" on app.standing_counts for all to ecopanier_owner using (true) with check (true);

-- A statement that adds many adds one row a kind. Most changes of an account or a shop change no count: those that do come
-- one by one.
create trigger count_new_accounts after insert on app.accounts
    referencing new table as come for each statement execute function app.count_accounts();
create trigger count_deleted_accounts after delete on app.accounts
    referencing old table as gone for each statement execute function app.count_accounts();
create trigger count_changed_account after update of role, status, created_at, erased_at on app.accounts
    for each row when ((old.role, old.status, old.created_at, old.erased_at)
                       is distinct from (new.role, new.status, new.created_at, new.erased_at))
    execute function app.count_accounts();
create trigger count_new_shops after insert on app.shops
    referencing new table as come for each statement execute function app.count_shops();
create trigger count_deleted_shops after delete on app.shops
    referencing old table as gone for each statement execute function app.count_shops();
create trigger count_changed_shop after update of status, created_at on app.shops
    for each row when ((old.status, old.created_at) is distinct from (new.status, new.created_at))
    execute function app.count_shops();
