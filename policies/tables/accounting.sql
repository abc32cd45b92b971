-- Payments that accounting law keeps: the accountant's role reads them; people, the API and the worker do not.
alter table accounting.payments enable row level security;
alter table accounting.payments force row level security;
alter table accounting.corrections enable row level security;
alter table accounting.corrections force row level security;
alter table accounting.erased_shops enable row level security;
alter table accounting.erased_shops force row level security;

create policy "Acts read and write every row" on accounting.payments for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on accounting.corrections for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.erased_shops for all to ecopanier_owner
    using (true) with check (true);

grant usage on schema accounting to ecopanier_accountant;
grant select on accounting.payments, accounting.corrections to ecopanier_accountant;
create policy "The accountant reads the books" on accounting.payments for select to ecopanier_accountant using (true);
create policy "The accountant reads corrections" on accounting.corrections for select to ecopanier_accountant using (true);

create trigger payments_do_not_change before update or truncate on accounting.payments
    for each statement execute function app.refuse_change();
-- `prune` deletes payments ten years after the end of their year; this trigger refuses to delete younger ones.
create trigger payments_are_kept before delete on accounting.payments
    for each row when (old.paid_at > app.clock() - interval '10 years') execute function app.refuse_change();
-- A payment stays as long as it has a correction (its foreign key), and a correction ten years from the end of its own year.
create trigger corrections_do_not_change before update or truncate on accounting.corrections
    for each statement execute function app.refuse_change();
create trigger corrections_are_kept before delete on accounting.corrections
    for each row when (old.noted_at > app.clock() - interval '10 years') execute function app.refuse_change();
create trigger erased_shops_do_not_change before update or truncate on accounting.erased_shops
    for each statement execute function app.refuse_change();
