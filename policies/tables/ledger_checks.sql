-- Checks of the ledger and what they found: admins read them, the worker's acts write them. `balances_read` is for them alone.
alter table accounting.balances_read enable row level security;
alter table accounting.balances_read force row level security;
alter table accounting.ledger_checks enable row level security;
alter table accounting.ledger_checks force row level security;
alter table accounting.ledger_differences enable row level security;
alter table accounting.ledger_differences force row level security;

create policy "Acts read and write every row" on accounting.balances_read for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.ledger_checks for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.ledger_differences for all to ecopanier_owner
    using (true) with check (true);

grant select on accounting.ledger_checks, accounting.ledger_differences to authenticated;
create policy "Admins read checks of the ledger" on accounting.ledger_checks for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins read what they found" on accounting.ledger_differences for select to authenticated
    using ((select app.caller_role()) = 'admin');
