-- Recalls: everybody who is signed in reads them, because a merchant must learn why a lot is frozen, and a holder why
-- not to eat the food.
-- Nothing in them is secret, except who issued them. Written by issue_recall, take_recall_notice and
-- decide_recall_notice, never changed.
alter table app.recalls enable row level security;
alter table app.recalls force row level security;

create policy "Acts read and write every row" on app.recalls for all to ecopanier_owner using (true) with check (true);

grant select (id, gtin, batch, reason, issued_at, notice_id) on app.recalls to authenticated, ecopanier_worker;

create policy "Everybody signed in reads recalls" on app.recalls for select to authenticated
    using ((select app.caller()) is not null);

create policy "The worker reads what a holder is told" on app.recalls for select to ecopanier_worker using (true);

create trigger recalls_are_append_only before update or delete or truncate on app.recalls
    for each statement execute function app.refuse_change();
