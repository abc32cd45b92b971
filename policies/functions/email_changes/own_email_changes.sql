-- Return the caller's changes of address, the newest first: one that waits at most, and those that can be taken back.
-- The new address comes sealed, and so does a beneficiary's old one, with the data key that opens both; the audit log
-- notes it with the reason `why`.
-- Called by GET /v1/me/email and GET /v1/me/export, as anybody who is signed in.
-- Definer, because nobody may read changes or data keys: it returns the caller's own only.
create or replace function app.own_email_changes(why text)
returns table (sealed bytea, old_email text, old_sealed bytea, asked_at timestamptz, changed_at timestamptz,
               ends_at timestamptz, wrapped bytea, master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if why is null or why !~ '^[a-z_]+$' then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    return query
    select c.sealed, c.old_email, c.old_sealed, c.asked_at, c.changed_at, c.ends_at, k.wrapped, k.master_key
    from app.email_changes c join key_vault.data_keys k on k.account_id = c.account_id
    where c.account_id = app.caller() and c.ends_at > app.clock() order by c.asked_at desc;
    if found and app.standing(app.caller()) = 'beneficiary' then
        perform app.note('address.opened', 'account', app.caller(), jsonb_build_object('why', why));
    end if;
end $$;
grant execute on function app.own_email_changes(text) to authenticated;
