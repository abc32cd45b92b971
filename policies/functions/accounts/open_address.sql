-- Return an account's e-mail address, in clear or, for a beneficiary, sealed with the data key that opens it.
-- Called by the worker before each mail.
-- Opening a sealed address writes an audit entry with the reason `why`. Nothing is returned for an account that is
-- suspended or erased, nor for a mail that is not `necessary` if the person does not want such mails.
-- Definer, because nobody may read sealed addresses or data keys; only the worker may execute it.
create or replace function app.open_address(
    account uuid, why text, necessary boolean, out email text, out sealed bytea, out wrapped bytea, out master_key text,
    out verified boolean, out locale text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    select a.email, s.sealed, k.wrapped, k.master_key,
           coalesce(a.email_verified_at, s.verified_at) is not null, a.locale
    into email, sealed, wrapped, master_key, verified, locale
    from app.accounts a
    left join app.sealed_addresses s on s.account_id = a.id
    left join key_vault.data_keys k on k.account_id = s.account_id
    where a.id = account and a.status = 'active' and (necessary or app.wants_notifications(account));
    if sealed is not null then
        perform app.note('address.opened', 'account', account, jsonb_build_object('why', why));
    end if;
end $$;
grant execute on function app.open_address(uuid, text, boolean) to ecopanier_worker;
