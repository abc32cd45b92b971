-- Count free portions against an account's quota of the day, and return that day. Raises EP409 if they are too many.
-- Called by reserve, before it takes the portions from the lot.
-- Definer, because nobody may write the count; only the owner may execute it.
-- Locks: the count of the day, which stays locked until the transaction ends (LOCKS.md).
create or replace function app.take_free_portions(account uuid, portions int) returns date
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    quota int := app.daily_quota(account);
    today record;
begin
    select d.day, d.time_zone into today from app.quota_day(account) d;
    insert into app.free_portions as f (account_id, day, taken, time_zone)
    select account, today.day, portions, today.time_zone where portions <= quota
    on conflict (account_id, day) do update set taken = f.taken + excluded.taken, time_zone = excluded.time_zone
        where f.taken + excluded.taken <= quota;
    if not found then raise exception 'quota.daily_reached' using errcode = 'EP409'; end if;
    return today.day;
end $$;
