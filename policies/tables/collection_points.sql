-- Collection points: whoever keeps one sees all of it, also who to call there; collectors see those of their own tours, and
-- shops and associations those that their collections go to or come from. The map comes from an act (points_in), which
-- leaves out contacts and access.
alter table app.collection_points enable row level security;
alter table app.collection_points force row level security;

create policy "Acts read and write every row" on app.collection_points for all to ecopanier_owner
    using (true) with check (true);

grant select on app.collection_points to authenticated;

create policy "Members see the points of their shops" on app.collection_points for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'reader'))));

create policy "Members see the points of their associations" on app.collection_points for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'reader'))));

create policy "People see the points of their collections" on app.collection_points for select to authenticated
    using (id = any (array(select app.points_of_collections((select app.caller())))));

create policy "Admins see collection points" on app.collection_points for select to authenticated
    using ((select app.caller_role()) = 'admin');

create trigger keep_point_of_shop after insert or update of name, address, insee_code, latitude, longitude, opening_hours,
    status on app.shops for each row execute function app.keep_point_of_shop();
create trigger keep_point_of_association after insert or update of name, address, insee_code, latitude, longitude,
    opening_hours, status, is_public
    on app.associations for each row execute function app.keep_point_of_association();

-- Reports of how full a point is: those who see the point by working there, and admins.
alter table app.point_reports enable row level security;
alter table app.point_reports force row level security;

create policy "Acts read and write every row" on app.point_reports for all to ecopanier_owner using (true) with check (true);

grant select (id, point_id, at, percent) on app.point_reports to authenticated;

create policy "Members see reports of the points where they work" on app.point_reports for select to authenticated
    using (exists (select from app.collection_points p
                   where p.id = point_id
                     and (p.shop_id = any (array(select app.shops_of((select app.caller()), 'reader')))
                          or p.association_id = any (array(select app.associations_of((select app.caller()), 'reader'))))));

create policy "Admins see reports of points" on app.point_reports for select to authenticated
    using ((select app.caller_role()) = 'admin');
