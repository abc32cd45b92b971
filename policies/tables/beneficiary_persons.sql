-- Who a beneficiary is: for the association that enrolled them, as long as it is a verified one, and for nobody else,
-- admins included.
alter table app.beneficiary_persons enable row level security;
alter table app.beneficiary_persons force row level security;

create policy "The acts do their work" on app.beneficiary_persons for all to ecopanier_owner using (true) with check (true);

grant select on app.beneficiary_persons to authenticated;

create policy "Verified associations see persons they enrolled" on app.beneficiary_persons for select to authenticated
    using (exists (select from app.beneficiaries b
                   where b.id = beneficiary_id
                     and b.association_id = (select a.id from app.associations a
                                             where a.id = (select app.caller()) and a.status = 'verified')));
