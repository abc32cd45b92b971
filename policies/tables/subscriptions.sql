-- Subscriptions to Premium: only acts read and write them; people read their own by own_subscription. What was paid for them
-- is in the books, which name no person.
alter table app.subscriptions enable row level security;
alter table app.subscriptions force row level security;
alter table accounting.billed_periods enable row level security;
alter table accounting.billed_periods force row level security;
alter table accounting.billed_refunds enable row level security;
alter table accounting.billed_refunds force row level security;

create policy "Acts read and write every row" on app.subscriptions for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.billed_periods for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.billed_refunds for all to ecopanier_owner
    using (true) with check (true);

grant select on accounting.billed_periods, accounting.billed_refunds to ecopanier_accountant;
create policy "The accountant reads billed periods" on accounting.billed_periods for select to ecopanier_accountant using (true);
create policy "The accountant reads refunds of periods" on accounting.billed_refunds for select to ecopanier_accountant
    using (true);

create trigger let_customer_go after delete on app.subscriptions
    for each row when (old.customer is not null and not old.to_end) execute function app.let_customer_go();

-- `prune` deletes a period ten years after the end of its year, with its refunds; this trigger refuses to delete younger ones.
create trigger billed_periods_are_kept before delete on accounting.billed_periods
    for each row when (old.paid_at > app.clock() - interval '10 years') execute function app.refuse_change();
