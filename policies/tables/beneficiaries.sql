-- Beneficiaries' codes and rights: themselves, the association that enrolled them, admins. No names here.
alter table app.beneficiaries enable row level security;
alter table app.beneficiaries force row level security;

create policy "The acts do their work" on app.beneficiaries for all to ecopanier_owner using (true) with check (true);

grant select on app.beneficiaries to authenticated;

create policy "Beneficiaries see their own right" on app.beneficiaries for select to authenticated
    using (id = (select app.caller()));

create policy "Associations see beneficiaries they enrolled" on app.beneficiaries for select to authenticated
    using (association_id = (select app.caller()) and status <> 'erased');

create policy "Admins see codes, states and dates" on app.beneficiaries for select to authenticated
    using ((select app.caller_role()) = 'admin' and status <> 'erased');
-- Written by enrol_beneficiary, set_beneficiary_status and renew_beneficiary.
