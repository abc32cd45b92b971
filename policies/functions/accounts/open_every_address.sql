-- Return every e-mail address that we have of an account, confirmed or not: its own, in clear or sealed, and what the
-- association wrote down of a beneficiary (`enrolled`, the sealed person), with the data key that opens them.
-- Called by the worker before each mail that people's safety depends on: a recall.
-- Unlike open_address it also answers for a suspended account, and whatever mails the person wants: they may have the
-- food all the same. Opening what is sealed writes an audit entry with the reason `why`.
-- Definer, because nobody may read sealed addresses, persons or data keys; only the worker may execute it.
create or replace function app.open_every_address(
    account uuid, why text, out email text, out sealed bytea, out enrolled bytea, out wrapped bytea, out master_key text,
    out locale text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    select a.email, s.sealed, p.sealed, k.wrapped, k.master_key, a.locale
    into email, sealed, enrolled, wrapped, master_key, locale
    from app.accounts a
    left join app.sealed_addresses s on s.account_id = a.id
    left join app.beneficiary_persons p on p.beneficiary_id = a.id
    -- Only for what is sealed with it: a key that opens nothing here must not keep the mail from going.
    left join key_vault.data_keys k on k.account_id = a.id and coalesce(s.sealed, p.sealed) is not null
    where a.id = account and a.status <> 'erased';
    if coalesce(sealed, enrolled) is not null then
        perform app.note('address.opened', 'account', account, jsonb_build_object('why', why));
    end if;
end $$;
grant execute on function app.open_every_address(uuid, text) to ecopanier_worker;
