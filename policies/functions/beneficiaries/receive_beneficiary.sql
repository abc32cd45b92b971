-- Make a beneficiary another association's, if that association is verified and is not being closed.
-- Called by end_transfer, which holds the beneficiary's lock. Only the owner may execute it.
-- Whoever had the person before must not be able to sign in as somebody who is no longer theirs. So activation tokens
-- end if the person has a password already or if an admin enrolled them. The first token from an association stays
-- valid, because it may be on paper already.
-- Locks: the association (key share, which excludes closing or rejecting it), then the beneficiary and the tokens.
create or replace function app.receive_beneficiary(beneficiary uuid, receiver uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    giver uuid := (select b.association_id from app.beneficiaries b where b.id = beneficiary);
begin
    perform from app.associations a where a.id = receiver and a.status = 'verified' for key share;
    if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    update app.beneficiaries b set association_id = receiver, transferred_at = app.clock(), version = b.version + 1
    where b.id = beneficiary;
    delete from app.one_time_tokens t
    where t.account_id = beneficiary and t.purpose = 'activate' and t.used_at is null
      and (giver is null or exists (select from app.credentials c where c.account_id = beneficiary));
end $$;
