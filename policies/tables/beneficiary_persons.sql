-- Who a beneficiary is: for the association that enrolled them, and for nobody else, admins included.
alter table app.beneficiary_persons enable row level security;
alter table app.beneficiary_persons force row level security;

create policy "The acts do their work" on app.beneficiary_persons for all to ecopanier_owner using (true) with check (true);

grant select on app.beneficiary_persons to authenticated;

create policy "Associations see persons they enrolled" on app.beneficiary_persons for select to authenticated
    using (exists (select from app.beneficiaries b
                   where b.id = beneficiary_id and b.association_id = (select app.caller())));
