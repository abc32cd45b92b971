-- Transfers of beneficiaries: for the association that gives, the one that receives, and admins. No names here.
-- Written by ask_transfer and end_transfer.
alter table app.transfers enable row level security;
alter table app.transfers force row level security;

create policy "The acts do their work" on app.transfers for all to ecopanier_owner using (true) with check (true);

grant select on app.transfers to authenticated;

create policy "Associations see transfers to and from them" on app.transfers for select to authenticated
    using (from_association_id = (select app.caller()) or to_association_id = (select app.caller()));

create policy "Admins see transfers" on app.transfers for select to authenticated
    using ((select app.caller_role()) = 'admin');
