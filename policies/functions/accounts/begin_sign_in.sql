-- Begin a sign-in: count the try against the account and the address first, then hand the API what to compare with.
-- Definer and for the API alone, because it reads a password hash. An unknown username costs and counts the same.
create or replace function app.begin_sign_in(
    username text, account_bucket bytea, address_bucket bytea,
    out account_id uuid, out password_hash text, out standing text, out locked_until timestamptz)
language plpgsql security definer set search_path = '' as $$
declare
    by_account record;
    by_address record;
begin
    select * into by_account from app.throttle(account_bucket, 10, 900);
    select * into by_address from app.throttle(address_bucket, 50, 900);
    if by_account.tries_left < 0 or by_address.tries_left < 0 then
        locked_until := greatest(
            case when by_account.tries_left < 0 then by_account.resets end,
            case when by_address.tries_left < 0 then by_address.resets end);
        return;
    end if;

    select a.id, c.password_hash, case a.status when 'active' then a.role else a.status end
    into account_id, password_hash, standing
    from app.accounts a join app.credentials c on c.account_id = a.id
    where lower(a.email) = lower(username)
       or a.id = (select b.id from app.beneficiaries b where b.code = upper(username));
end $$;
grant execute on function app.begin_sign_in(text, bytea, bytea) to ecopanier_api;
