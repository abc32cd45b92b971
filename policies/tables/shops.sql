-- Shops: anybody sees verified ones; the others are seen by their merchant and admins, holders and partner
-- associations.
alter table app.shops enable row level security;
alter table app.shops force row level security;

create policy "Acts read and write every row" on app.shops for all to ecopanier_owner using (true) with check (true);

-- owner_id is not granted: the policies compare it, and nobody needs to read it.
grant select (id, name, siret, address, insee_code, latitude, longitude, place, category, opening_hours, status, version,
    created_at, time_zone, description, photo_id, telephone, website, shows_impact, legal_name, legal_form,
    legal_address, vat_number, vat_franchise, food_vat_bp, above_400_m2, shows_leftovers) on app.shops to anon, authenticated;
grant insert (owner_id, name, siret, address, insee_code, latitude, longitude, category, opening_hours, description,
    telephone, website) on app.shops to authenticated;
grant update (name, address, insee_code, latitude, longitude, category, opening_hours, description, photo_id, telephone,
    website, shows_impact, legal_name, legal_form,
    legal_address, vat_number, vat_franchise, food_vat_bp, above_400_m2, shows_leftovers) on app.shops to authenticated;

-- Postgres asks policies in the reverse order of their names. This one is asked first, because it looks nothing up.
create policy "Verified shops are seen by anyone" on app.shops for select to anon, authenticated
    using (status = 'verified');

-- By the column, because the shop is returned before its first member is there.
create policy "Merchants see the shops that they register" on app.shops for select to authenticated
    using (owner_id = (select app.caller()));

create policy "Members see their shops" on app.shops for select to authenticated
    using (id = any (array(select app.shops_of((select app.caller()), 'reader'))));

create policy "Holders see the shops they reserved at" on app.shops for select to authenticated
    using (id = any (array(select app.shops_reserved_at_by((select app.caller())))));

create policy "Associations see the shops that they have agreements with" on app.shops for select to authenticated
    using (id = any (array(select app.shops_agreed_with((select app.caller())))));

create policy "Admins see shops" on app.shops for select to authenticated
    using ((select app.caller_role()) = 'admin');

create policy "Merchants register shops of their own" on app.shops for insert to authenticated
    with check (owner_id = (select app.caller()) and (select app.caller_role()) = 'merchant' and status = 'pending');

create policy "Owners edit their shops" on app.shops for update to authenticated
    using (id = any (array(select app.shops_of((select app.caller()), 'owner'))))
    with check (id = any (array(select app.shops_of((select app.caller()), 'owner'))));
-- Only decide_shop, suspend_account, restore_account and the acts that erase change the status; nobody deletes a shop.

grant select (id, owner_id, name, address, time_zone) on app.shops to ecopanier_worker;
create policy "The worker reads how mails name a shop, and whom to tell" on app.shops for select to ecopanier_worker
    using (true);

create trigger guard_shop before update of name, address, insee_code, latitude, longitude, category, opening_hours,
    description, photo_id, telephone, website, shows_impact, legal_name, legal_form,
    legal_address, vat_number, vat_franchise, food_vat_bp, above_400_m2, shows_leftovers
    on app.shops for each row execute function app.guard_shop();

create trigger guard_place before insert or update of latitude, longitude, insee_code
    on app.shops for each row execute function app.guard_place();

-- Figures stay where a shop was on their day.
create trigger keep_new_site after insert on app.shops for each row execute function app.keep_site();
create trigger keep_site after update of insee_code, latitude, longitude on app.shops
    for each row when ((old.insee_code, old.latitude, old.longitude)
                       is distinct from (new.insee_code, new.latitude, new.longitude))
    execute function app.keep_site();
create trigger own_shop after insert on app.shops for each row execute function app.own_shop();

create trigger name_new_shop after insert on app.shops for each row execute function app.name_shop();
create trigger name_shop after update on app.shops
    for each row when ((old.name, old.insee_code, old.status) is distinct from (new.name, new.insee_code, new.status))
    execute function app.name_shop();

create trigger keep_cards_of_shop after update of name, address, latitude, longitude, category, time_zone, insee_code
    on app.shops for each row execute function app.keep_cards_of_shop();
