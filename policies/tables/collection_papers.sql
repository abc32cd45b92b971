-- Papers about collected food: members of the shop that gives and of the association that receives read those of theirs, and
-- admins all. Only acts write, and nothing but its file is added once a paper is issued.
alter table app.collection_papers enable row level security;
alter table app.collection_papers force row level security;
alter table app.donation_numbers enable row level security;
alter table app.donation_numbers force row level security;
alter table app.donated_collections enable row level security;
alter table app.donated_collections force row level security;

create policy "Acts read and write every row" on app.collection_papers for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.donation_numbers for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.donated_collections for all to ecopanier_owner
    using (true) with check (true);

grant select on app.collection_papers to authenticated;

create policy "Owners of shops read papers of what they gave" on app.collection_papers for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'owner'))));
create policy "Members read papers of what their associations received" on app.collection_papers for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'reader'))));
create policy "Admins read papers of collections" on app.collection_papers for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger collection_papers_do_not_change before update on app.collection_papers for each row when (
    to_jsonb(old) - array['sha256', 'bytes', 'stored_at'] is distinct from to_jsonb(new) - array['sha256', 'bytes', 'stored_at']
    or old.stored_at is not null)
    execute function app.refuse_change();
create trigger collection_papers_are_not_truncated before truncate on app.collection_papers
    for each statement execute function app.refuse_change();
create trigger collection_papers_are_kept before delete on app.collection_papers for each row when (
    old.issued_at > app.clock() - case old.kind when 'slip' then interval '6 years' else interval '10 years' end)
    execute function app.refuse_change();
