-- Remove second factors whose reset is due, up to `most`; return how many.
-- Called by the worker's job by_the_clock. Definer, because nobody may write second factors; only the worker may execute
-- it.
-- Locks: the accounts in the order of ids (skip locked), then what forget_factor locks. Whoever signs in with the factor
-- at that moment holds the account, and ends the reset.
create or replace function app.end_lost_factors(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
    gone    int := 0;
begin
    for account in
        select a.id from app.accounts a
        where a.id = any (array(select f.account_id from app.second_factors f
                                where f.reset_at <= app.clock() order by f.reset_at limit most))
        order by a.id for no key update skip locked
    loop
        -- Looked at again under the lock: the reset may have been cancelled meanwhile.
        if exists (select from app.second_factors f where f.account_id = account and f.reset_at <= app.clock())
           and app.forget_factor(account) then
            gone := gone + 1;
        end if;
    end loop;
    return gone;
end $$;
grant execute on function app.end_lost_factors(int) to ecopanier_worker;
