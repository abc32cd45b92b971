-- Papers: a shop's members read those of their shop once they are stored, but never a customer's receipt; admins and the
-- accountant's role read those of shops as well. A receipt is issued and read by issue_receipt alone, as its holder.
alter table accounting.documents enable row level security;
alter table accounting.documents force row level security;
alter table accounting.document_numbers enable row level security;
alter table accounting.document_numbers force row level security;
alter table accounting.stated_lots enable row level security;
alter table accounting.stated_lots force row level security;
alter table accounting.stated_corrections enable row level security;
alter table accounting.stated_corrections force row level security;
alter table accounting.stated_postings enable row level security;
alter table accounting.stated_postings force row level security;

create policy "Acts read and write every row" on accounting.documents for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.document_numbers for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.stated_lots for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.stated_corrections for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on accounting.stated_postings for all to ecopanier_owner
    using (true) with check (true);

grant select (id, kind, number, shop_id, first_day, last_day, net_cents, vat_cents, gross_cents, original_id, issued_at,
    contents, sha256, bytes, stored_at) on accounting.documents to authenticated, ecopanier_accountant;
create policy "Members read the papers of their shops" on accounting.documents for select to authenticated
    using (kind <> 'receipt' and stored_at is not null
           and shop_id = any (array(select app.shops_of((select app.caller()), 'reader'))));
create policy "Admins read the papers of shops" on accounting.documents for select to authenticated
    using (kind <> 'receipt' and stored_at is not null and (select app.caller_role()) = 'admin');
create policy "The accountant reads the papers of shops" on accounting.documents for select to ecopanier_accountant
    using (kind <> 'receipt');

create trigger keep_document before update on accounting.documents for each row execute function app.keep_document();
create trigger documents_are_not_truncated before truncate on accounting.documents
    for each statement execute function app.refuse_change();
-- document_gone deletes them ten years after the end of their year.
create trigger documents_are_kept before delete on accounting.documents
    for each row when (old.issued_at > app.clock() - interval '10 years') execute function app.refuse_change();
