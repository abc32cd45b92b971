-- What is left to do after an erasure: whatever slipped in beside it, and the books. For the worker, more than once.
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
