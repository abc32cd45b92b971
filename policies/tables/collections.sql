-- Collections with their items and changes: a shop sees what leaves it, an association what comes to it or leaves it, a
-- collector what is in their own tours, and admins see all. Only acts write.
alter table app.collections enable row level security;
alter table app.collections force row level security;
alter table app.collection_items enable row level security;
alter table app.collection_items force row level security;
alter table app.collection_changes enable row level security;
alter table app.collection_changes force row level security;

create policy "Acts read and write every row" on app.collections for all to ecopanier_owner using (true) with check (true);
create policy "Acts read and write every row" on app.collection_items for all to ecopanier_owner
    using (true) with check (true);
create policy "Acts read and write every row" on app.collection_changes for all to ecopanier_owner
    using (true) with check (true);

grant select on app.collections, app.collection_items, app.collection_changes to authenticated;

create policy "People see the collections that concern them" on app.collections for select to authenticated
    using (id = any (array(select app.collections_seen_by((select app.caller())))));
create policy "People see the items of collections that concern them" on app.collection_items for select to authenticated
    using (collection_id = any (array(select app.collections_seen_by((select app.caller())))));
create policy "People see the changes of collections that concern them" on app.collection_changes for select
    to authenticated using (collection_id = any (array(select app.collections_seen_by((select app.caller())))));

create policy "Admins see collections" on app.collections for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins see items of collections" on app.collection_items for select to authenticated
    using ((select app.caller_role()) = 'admin');
create policy "Admins see changes of collections" on app.collection_changes for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger tell_of_new_state after insert on app.collections
    for each row execute function app.tell_of_state();
create trigger tell_of_state after update of status, association_id on app.collections
    for each row when (new.status <> old.status or new.association_id <> old.association_id
                       or new.association_id is not null and old.association_id is null)
    execute function app.tell_of_state();

-- A change stays as it was written; prune and erasure go by their collection.
create trigger collection_changes_do_not_change before update on app.collection_changes
    for each row when (old.by_account is not distinct from new.by_account) execute function app.refuse_change();
