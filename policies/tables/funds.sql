-- Funds, grants and statements: only acts read and write them. Who may read what of them is a matter of time: an
-- organisation reads a fund as of the end of the last month, and nobody reads a single grant. No row names a person.
alter table app.funds enable row level security;
alter table app.funds force row level security;
alter table accounting.grants enable row level security;
alter table accounting.grants force row level security;
alter table accounting.grant_corrections enable row level security;
alter table accounting.grant_corrections force row level security;
alter table accounting.fund_statements enable row level security;
alter table accounting.fund_statements force row level security;
alter table accounting.fund_lines enable row level security;
alter table accounting.fund_lines force row level security;

create policy "Acts read and write every row" on app.funds for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.grants for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.grant_corrections for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.fund_statements for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.fund_lines for all to ecopanier_owner
    using (true) with check (true);

-- A grant is stated once; a statement is stored once; a line is paid once.
create trigger grants_do_not_change before update on accounting.grants
    for each row when (
        old.statement_id is not null
        or (old.reservation_id, old.fund_id, old.shop_id, old.portions, old.grams, old.cents, old.granted_at)
           is distinct from
           (new.reservation_id, new.fund_id, new.shop_id, new.portions, new.grams, new.cents, new.granted_at))
    execute function app.refuse_change();
create trigger grants_are_not_truncated before truncate on accounting.grants
    for each statement execute function app.refuse_change();
create trigger grants_are_kept before delete on accounting.grants
    for each row when (old.granted_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger grant_corrections_do_not_change before update on accounting.grant_corrections
    for each row when (
        old.statement_id is not null
        or (old.id, old.fund_id, old.shop_id, old.portions, old.grams, old.cents, old.reason, old.at)
           is distinct from (new.id, new.fund_id, new.shop_id, new.portions, new.grams, new.cents, new.reason, new.at))
    execute function app.refuse_change();
create trigger grant_corrections_are_not_truncated before truncate on accounting.grant_corrections
    for each statement execute function app.refuse_change();
create trigger grant_corrections_are_kept before delete on accounting.grant_corrections
    for each row when (old.at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger keep_fund_statement before update on accounting.fund_statements
    for each row execute function app.keep_document();
create trigger fund_statements_are_not_truncated before truncate on accounting.fund_statements
    for each statement execute function app.refuse_change();
create trigger fund_statements_are_kept before delete on accounting.fund_statements
    for each row when (old.issued_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger fund_lines_do_not_change before update on accounting.fund_lines
    for each row when (
        old.paid_at is not null
        or (old.statement_id, old.shop_id, old.siret, old.name, old.portions, old.grams, old.cents, old.above_de_minimis)
           is distinct from
           (new.statement_id, new.shop_id, new.siret, new.name, new.portions, new.grams, new.cents, new.above_de_minimis))
    execute function app.refuse_change();
create trigger fund_lines_are_not_truncated before truncate on accounting.fund_lines
    for each statement execute function app.refuse_change();

create trigger end_funds_of after update of status on app.organisations
    for each row when (new.status = 'closed' and old.status <> 'closed') execute function app.end_funds_of();
