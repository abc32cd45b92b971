-- Requests to agree to a version of the terms, with their times: people see their own. Written by ask_terms.
alter table app.terms_asked enable row level security;
alter table app.terms_asked force row level security;

create policy "Acts read and write every row" on app.terms_asked for all to ecopanier_owner using (true) with check (true);

grant select on app.terms_asked to authenticated;

create policy "People see what they were asked" on app.terms_asked for select to authenticated
    using (account_id = (select app.caller()));
