-- Finish an erasure: erase what slipped in beside it, and move the person's payments to the books.
-- Called by the worker's job privacy.finish_erasure, once right after the erasure and once a minute later.
-- Definer, because nobody may erase; only the worker may execute it. Locks: those of erase_account, then the payments.
create or replace function app.finish_erasure(account uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from app.accounts a where a.id = account and a.status = 'erased') then
        perform app.erase_account(account, 'finished');
        perform app.book_payments(array(
            select p.id from app.payments p join app.reservations r on r.id = p.reservation_id
            where r.account_id = account));
    end if;
end $$;
grant execute on function app.finish_erasure(uuid) to ecopanier_worker;
