-- Return a change of address that still counts, for the mail about it that is due: the new address, sealed, or once it
-- has changed the old one, sealed for a beneficiary, with the data key that opens both. Nothing once it is over.
-- Called by the worker before the mails email_change, email_change_asked and email_changed. Opening a beneficiary's
-- address writes an audit entry with the reason `why`.
-- Definer, because nobody may read changes or data keys; only the worker may execute it.
create or replace function app.open_email_change(
    change uuid, why text, out account uuid, out locale text, out changed boolean, out lookup bytea, out sealed bytea,
    out old_email text, out old_sealed bytea, out wrapped bytea, out master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    held_role text;
begin
    select a.id, a.locale, a.role, c.changed_at is not null, c.lookup, c.sealed, c.old_email, c.old_sealed, k.wrapped,
           k.master_key
    into account, locale, held_role, changed, lookup, sealed, old_email, old_sealed, wrapped, master_key
    from app.email_changes c
    join app.accounts a on a.id = c.account_id
    join key_vault.data_keys k on k.account_id = a.id
    where c.id = change and c.ends_at > app.clock() and (a.status = 'active' or c.changed_at is not null);
    if held_role = 'beneficiary' then
        perform app.note('address.opened', 'account', account, jsonb_build_object('why', why));
    end if;
end $$;
grant execute on function app.open_email_change(uuid, text) to ecopanier_worker;
