-- Return the caller's sealed e-mail address with the data key that opens it, and write an audit entry with the reason
-- `why`.
-- Called by GET and PATCH /v1/me and by GET /v1/me/export, as a beneficiary.
-- Definer, because nobody may read sealed addresses or data keys: it returns the caller's own only.
create or replace function app.open_own_address(
    why text, out sealed bytea, out wrapped bytea, out master_key text, out verified boolean) returns setof record
language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    if why is null or why !~ '^[a-z_]+$' then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    select s.sealed, k.wrapped, k.master_key, s.verified_at is not null into sealed, wrapped, master_key, verified
    from app.sealed_addresses s join key_vault.data_keys k on k.account_id = s.account_id
    where s.account_id = app.caller();
    if not found then return; end if;
    perform app.note('address.opened', 'account', app.caller(), jsonb_build_object('why', why));
    return next;
end $$;
grant execute on function app.open_own_address(text) to authenticated;
