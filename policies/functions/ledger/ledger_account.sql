-- Return the account of the ledger with this kind and book, and this shop (or fund) if it is one's; open it if there is none.
-- Called by the acts that post. Definer, because nobody may write accounts; only the owner may execute it.
-- Locks: an account that it opens; whoever opens several takes them in the order of shops.
create or replace function app.ledger_account(kind text, shop uuid default null, book text default 'platform') returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    found_id bigint;
begin
    loop
        select a.id into found_id from accounting.ledger_accounts a
        where a.book = ledger_account.book and a.kind = ledger_account.kind
          and coalesce(a.subject, nobody) = coalesce(shop, nobody);
        if found then return found_id; end if;
        insert into accounting.ledger_accounts (kind, subject, book)
        values (ledger_account.kind, shop, ledger_account.book)
        on conflict do nothing returning id into found_id;
        if found then return found_id; end if;
    end loop;
end $$;
