-- The sealed identity of a beneficiary: owners and staff of the verified association that enrolled them read it, nobody else,
-- not even admins. It says nothing without the person's data key, which only open_persons hands out.
alter table app.beneficiary_persons enable row level security;
alter table app.beneficiary_persons force row level security;

create policy "Acts read and write every row" on app.beneficiary_persons for all to ecopanier_owner using (true) with check (true);

-- The keyed hash is not granted: whoever could compare it with others would learn who is enrolled where.
grant select (beneficiary_id, household_size, sealed) on app.beneficiary_persons to authenticated;

create policy "Verified associations see persons they enrolled" on app.beneficiary_persons for select to authenticated
    using (exists (select from app.beneficiaries b
                   where b.id = beneficiary_id
                     and b.association_id = any (array(select app.verified_associations_of((select app.caller()))))));
