-- Cards: people who see a beneficiary see whether they have one. Nobody sees the hash of the card's secret.
alter table app.cards enable row level security;
alter table app.cards force row level security;

create policy "Acts read and write every row" on app.cards for all to ecopanier_owner using (true) with check (true);

grant select (id, beneficiary_id, status, made_at, revoked_at) on app.cards to authenticated;

create policy "People who see a beneficiary see their cards" on app.cards for select to authenticated
    using (exists (select from app.beneficiaries b where b.id = beneficiary_id));
-- Written by issue_cards, revoke_card, sign_in_with_card and end_transfer, and removed by the acts that erase.
