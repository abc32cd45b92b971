-- Return the caller's sealed diet with the data key that opens it, and write an audit entry with the reason `why`.
-- Called by GET /v1/me/diet and GET /v1/me/export. A page opens it once a session and keeps what it holds to itself.
-- Definer, because nobody may read diets or data keys: it returns the caller's own only. Admins do not see the entry.
create or replace function app.open_diet(why text, out sealed bytea, out wrapped bytea, out master_key text)
returns setof record language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
begin
    if why is null or why !~ '^[a-z_]+$' then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    select d.sealed, k.wrapped, k.master_key into sealed, wrapped, master_key
    from app.diets d join key_vault.data_keys k on k.account_id = d.account_id
    where d.account_id = app.caller();
    if not found then return; end if;
    perform app.note('diet.opened', 'diet', app.caller(), jsonb_build_object('why', why));
    return next;
end $$;
grant execute on function app.open_diet(text) to authenticated;
