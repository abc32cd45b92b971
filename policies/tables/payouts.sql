-- Payout accounts, transfers, reversals, payouts and disputes: acts write them, owners and admins read them by acts that
-- check whose books they are, and the accountant reads the books. No row names a person.
alter table app.payout_accounts enable row level security;
alter table app.payout_accounts force row level security;
alter table accounting.transfers enable row level security;
alter table accounting.transfers force row level security;
alter table accounting.transfer_lots enable row level security;
alter table accounting.transfer_lots force row level security;
alter table accounting.reversals enable row level security;
alter table accounting.reversals force row level security;
alter table accounting.payouts enable row level security;
alter table accounting.payouts force row level security;
alter table accounting.payout_transfers enable row level security;
alter table accounting.payout_transfers force row level security;
alter table accounting.disputes enable row level security;
alter table accounting.disputes force row level security;

create policy "Acts read and write every row" on app.payout_accounts for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.transfers for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.transfer_lots for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.reversals for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.payouts for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.payout_transfers for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.disputes for all to ecopanier_owner using (true) with check (true);

grant select on accounting.transfers, accounting.transfer_lots, accounting.reversals, accounting.payouts,
    accounting.payout_transfers, accounting.disputes to ecopanier_accountant;
create policy "The accountant reads transfers" on accounting.transfers for select to ecopanier_accountant using (true);
create policy "The accountant reads lots of transfers" on accounting.transfer_lots for select to ecopanier_accountant
    using (true);
create policy "The accountant reads reversals" on accounting.reversals for select to ecopanier_accountant using (true);
create policy "The accountant reads payouts" on accounting.payouts for select to ecopanier_accountant using (true);
create policy "The accountant reads transfers of payouts" on accounting.payout_transfers for select to ecopanier_accountant
    using (true);
create policy "The accountant reads disputes" on accounting.disputes for select to ecopanier_accountant using (true);

-- `prune` deletes rows ten years after the end of their year; these triggers refuse to delete younger ones.
create trigger transfers_are_kept before delete on accounting.transfers
    for each row when (old.created_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger reversals_are_kept before delete on accounting.reversals
    for each row when (old.created_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger payouts_are_kept before delete on accounting.payouts
    for each row when (old.made_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger disputes_are_kept before delete on accounting.disputes
    for each row when (old.opened_at > app.clock() - interval '10 years') execute function app.refuse_change();
