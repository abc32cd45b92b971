-- Transfers of beneficiaries, without names: the giving and the receiving association see them, and admins.
-- Written by ask_transfer, end_transfer and the acts that erase.
alter table app.transfers enable row level security;
alter table app.transfers force row level security;

create policy "Acts read and write every row" on app.transfers for all to ecopanier_owner using (true) with check (true);

grant select on app.transfers to authenticated;

create policy "Associations see transfers to and from them" on app.transfers for select to authenticated
    using (from_association_id = any (array(select app.associations_of((select app.caller()), 'staff')))
           or to_association_id = any (array(select app.associations_of((select app.caller()), 'staff'))));

create policy "Admins see transfers" on app.transfers for select to authenticated
    using ((select app.caller_role()) = 'admin');
