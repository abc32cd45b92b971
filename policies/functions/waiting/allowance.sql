-- Return how many of the portions that somebody waits for they may have now.
-- Called by line. None without a current right to free lots, without quota left today, or if they would cost too
-- little to be paid. Portions that they have been offered elsewhere count as taken, so that nobody keeps more waiting
-- than they may have.
-- Only the owner may execute it.
create or replace function app.allowance(lot app.lots, remaining int, account uuid, portions int) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if lot.kind = 'discounted' then
        return case when lot.price_cents * least(portions, remaining) >= app.least_payment_cents()
                         and exists (select from app.accounts a where a.id = account and a.status = 'active')
                    then portions else 0 end;
    end if;
    if not app.is_current_beneficiary(account) then return 0; end if;
    return least(portions, app.daily_quota(account)
        - coalesce((select f.taken from app.free_portions f join app.quota_day(account) d on d.day = f.day
                    where f.account_id = account), 0)
        - coalesce((select sum(o.offered)::int from app.waiting o join app.lots l on l.id = o.lot_id
                    where o.account_id = account and o.status = 'offered' and l.kind = 'free'), 0));
end $$;
