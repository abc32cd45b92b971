-- Make a beneficiary another association's, if that association is verified and is not being closed.
-- Called by ask_transfer and end_transfer, which hold the beneficiary's lock. Only the owner may execute it.
-- Tokens that could set another password end if the person has a password already. The former association may have
-- made them, and must not be able to sign in as somebody who is no longer theirs.
-- Locks: the association (key share, which excludes closing or rejecting it), then the beneficiary and the tokens.
create or replace function app.receive_beneficiary(beneficiary uuid, receiver uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.associations a where a.id = receiver and a.status = 'verified' for key share;
    if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    update app.beneficiaries b set association_id = receiver, version = b.version + 1 where b.id = beneficiary;
    delete from app.one_time_tokens t
    where t.account_id = beneficiary and t.purpose = 'activate' and t.used_at is null
      and exists (select from app.credentials c where c.account_id = beneficiary);
end $$;
