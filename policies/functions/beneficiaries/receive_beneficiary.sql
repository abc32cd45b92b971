-- A beneficiary is another association's from now on; one that is being closed at this moment gets nobody. Tokens that could
-- set another password end, where there is one already: the former association may have made them, and must not sign in
-- as somebody who is none of theirs any more. For the acts that transfer, which hold the beneficiary.
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
