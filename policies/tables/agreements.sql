-- Agreements: once the document is stored, the association that proposed one, the merchant of its shop, and admins see
-- it.
alter table app.agreements enable row level security;
alter table app.agreements force row level security;

create policy "Acts read and write every row" on app.agreements for all to ecopanier_owner using (true) with check (true);

grant select on app.agreements to authenticated;

create policy "Associations see their own agreements" on app.agreements for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'owner'))) and status not in ('coming', 'going'));

create policy "Merchants see agreements of their own shops" on app.agreements for select to authenticated
    using (shop_id = any (array(select app.shops_of((select app.caller()), 'owner'))) and status not in ('coming', 'going'));

create policy "Admins see agreements" on app.agreements for select to authenticated
    using ((select app.caller_role()) = 'admin' and status not in ('coming', 'going'));
-- Written by begin_agreement, propose_agreement, decide_agreement, end_agreement, the acts that erase, and the worker's
-- acts.
