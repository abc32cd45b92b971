-- The ledger: the accountant's role and admins read it, the acts that post write it, and nobody changes it. No row names a
-- person. Shops read closed_lots instead.
alter table accounting.ledger_accounts enable row level security;
alter table accounting.ledger_accounts force row level security;
alter table accounting.postings enable row level security;
alter table accounting.postings force row level security;
alter table accounting.lines enable row level security;
alter table accounting.lines force row level security;
alter table accounting.stripe_balance_transactions enable row level security;
alter table accounting.stripe_balance_transactions force row level security;

create policy "Acts read and write every row" on accounting.ledger_accounts for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.postings for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.lines for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.stripe_balance_transactions for all to ecopanier_owner
    using (true) with check (true);

grant usage on schema accounting to authenticated;
grant select on accounting.ledger_accounts, accounting.postings, accounting.lines, accounting.stripe_balance_transactions
    to ecopanier_accountant, authenticated;
create policy "The accountant reads accounts" on accounting.ledger_accounts for select to ecopanier_accountant using (true);
create policy "The accountant reads postings" on accounting.postings for select to ecopanier_accountant using (true);
create policy "The accountant reads lines" on accounting.lines for select to ecopanier_accountant using (true);
create policy "The accountant reads what Stripe says" on accounting.stripe_balance_transactions for select
    to ecopanier_accountant using (true);
create policy "Admins read accounts" on accounting.ledger_accounts for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins read postings" on accounting.postings for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins read lines" on accounting.lines for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins read what Stripe says" on accounting.stripe_balance_transactions for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger check_lines after insert on accounting.lines
    referencing new table as new_lines for each statement execute function app.check_lines();

create trigger ledger_accounts_do_not_change before update or delete or truncate on accounting.ledger_accounts
    for each statement execute function app.refuse_change();
create trigger postings_do_not_change before update or truncate on accounting.postings
    for each statement execute function app.refuse_change();
create trigger postings_are_kept before delete on accounting.postings
    for each row when (old.event_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger lines_do_not_change before update or truncate on accounting.lines
    for each statement execute function app.refuse_change();
create trigger lines_are_kept before delete on accounting.lines
    for each row execute function app.keep_lines();
-- Only which posting it is may be added, once.
create trigger stripe_balance_transactions_do_not_change before update on accounting.stripe_balance_transactions
    for each row when (
        old.posting_id is not null
        or (old.id, old.account, old.net, old.fee, old.category, old.source, old.intent, old.created_at, old.available_on)
        is distinct from
        (new.id, new.account, new.net, new.fee, new.category, new.source, new.intent, new.created_at, new.available_on))
    execute function app.refuse_change();
create trigger stripe_balance_transactions_are_not_truncated before truncate on accounting.stripe_balance_transactions
    for each statement execute function app.refuse_change();
create trigger stripe_balance_transactions_are_kept before delete on accounting.stripe_balance_transactions
    for each row when (old.created_at > app.clock() - interval '10 years') execute function app.refuse_change();
