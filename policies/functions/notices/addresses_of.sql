-- Return which addresses of an account the mail of an event goes to: `own`, or `enrolled`, which an association wrote down
-- of a beneficiary. The worker then finds out whether an `enrolled` one was written down, because it is sealed.
-- Called by notify. Only an address that its owner has confirmed, of an account that is not suspended, but
-- address_to_confirm goes to one that nobody has confirmed, and what has `every_address` to all.
-- Definer, because nobody may read addresses; only the owner may execute it.
create or replace function app.addresses_of(account uuid, event text, every_address boolean) returns text[]
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select array_remove(array[
            case when case
                when event = 'email_changed' then false  -- its mail goes to the old address: change_email queues it
                when every_address then coalesce(a.email, s.account_id::text) is not null
                when event = 'address_to_confirm' then
                    a.status = 'active' and coalesce(a.email, s.account_id::text) is not null
                    and coalesce(a.email_verified_at, s.verified_at) is null
                else a.status = 'active' and coalesce(a.email_verified_at, s.verified_at) is not null
            end then 'own' end,
            case when every_address and p.beneficiary_id is not null then 'enrolled' end], null)
        from app.accounts a
        left join app.sealed_addresses s on s.account_id = a.id
        left join app.beneficiary_persons p on p.beneficiary_id = a.id
        where a.id = account);
end $$;
