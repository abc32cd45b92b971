-- Cards: whoever sees a beneficiary sees whether they have one. The hash of what is on it is for nobody.
alter table app.cards enable row level security;
alter table app.cards force row level security;

create policy "The acts do their work" on app.cards for all to ecopanier_owner using (true) with check (true);

grant select (id, beneficiary_id, status, made_at, revoked_at) on app.cards to authenticated;

create policy "Who sees a beneficiary sees their cards" on app.cards for select to authenticated
    using (exists (select from app.beneficiaries b where b.id = beneficiary_id));
-- Written by issue_cards and revoke_card.
