-- Beneficiaries' codes and rights, without names: they themselves, owners and staff of the association that enrolled
-- them, and admins see
-- them.
alter table app.beneficiaries enable row level security;
alter table app.beneficiaries force row level security;

create policy "Acts read and write every row" on app.beneficiaries for all to ecopanier_owner using (true) with check (true);

grant select on app.beneficiaries to authenticated;

create policy "Beneficiaries see their own right" on app.beneficiaries for select to authenticated
    using (id = (select app.caller()));

create policy "Associations see beneficiaries they enrolled" on app.beneficiaries for select to authenticated
    using (association_id = any (array(select app.associations_of((select app.caller()), 'staff'))) and status <> 'erased');

create policy "Admins see codes, states and dates" on app.beneficiaries for select to authenticated
    using ((select app.caller_role()) = 'admin' and status <> 'erased');
-- Written by enrol_beneficiaries, set_beneficiary_status, renew_beneficiary, correct_person, the acts that transfer, and
-- the acts that erase.
