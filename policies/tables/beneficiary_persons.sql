-- Who a beneficiary is, sealed: for the association that enrolled them, as long as it is a verified one, and for nobody
-- else, admins included. Without the person's data key, which open_persons alone hands out, it says nothing even there.
alter table app.beneficiary_persons enable row level security;
alter table app.beneficiary_persons force row level security;

create policy "The acts do their work" on app.beneficiary_persons for all to ecopanier_owner using (true) with check (true);

-- Not the keyed hash: whoever could compare it with others would learn who is enrolled where.
grant select (beneficiary_id, household_size, sealed) on app.beneficiary_persons to authenticated;

create policy "Verified associations see persons they enrolled" on app.beneficiary_persons for select to authenticated
    using (exists (select from app.beneficiaries b
                   where b.id = beneficiary_id
                     and b.association_id = (select a.id from app.associations a
                                             where a.id = (select app.caller()) and a.status = 'verified')));
