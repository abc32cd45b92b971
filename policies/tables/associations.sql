-- Associations: their members see them, their owners edit them; admins and the merchants whom they have an agreement with see them.
-- Their numbers are in public registers; partners reach them by telephone and website. Strangers see no rows: acts show them
-- what public associations want to show (is_shown).
alter table app.associations enable row level security;
alter table app.associations force row level security;

create policy "Acts read and write every row" on app.associations for all to ecopanier_owner using (true) with check (true);

grant select on app.associations to authenticated;
grant update (name, rna, siret, address, insee_code, phone, website, distributes_in_time, is_public, description, photo_id,
    opening_hours, latitude, longitude) on app.associations to authenticated;

create policy "Members see their associations" on app.associations for select to authenticated
    using (id = any (array(select app.associations_of((select app.caller()), 'reader'))));

create policy "Admins see associations" on app.associations for select to authenticated
    using ((select app.caller_role()) = 'admin');

create policy "Merchants see the associations that they have agreements with" on app.associations
    for select to authenticated using (id = any (array(select app.partners_of((select app.caller())))));

create policy "Owners edit their associations" on app.associations for update to authenticated
    using (id = any (array(select app.associations_of((select app.caller()), 'owner'))))
    with check (id = any (array(select app.associations_of((select app.caller()), 'owner'))));
-- decide_association changes the status, and so does the guard when a rejected association corrects itself.

create trigger answer_for_association before insert on app.associations
    for each row execute function app.answer_for_association();

create trigger own_association after insert on app.associations for each row execute function app.own_association();

create trigger name_new_association after insert on app.associations
    for each row execute function app.name_association();
create trigger name_association after update on app.associations
    for each row when ((old.name, old.insee_code, old.status, old.is_public)
                       is distinct from (new.name, new.insee_code, new.status, new.is_public))
    execute function app.name_association();

create trigger guard_association before update on app.associations
    for each row when (current_user = 'authenticated') execute function app.guard_association();
