-- Take the mark of a refused address away when the account gets another address, or confirms it anew.
-- Called by triggers on accounts and sealed_addresses.
-- Definer, because nobody may write these rows. Locks: the mark.
create or replace function app.address_is_another() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from app.refused_addresses r
    where r.account_id = (to_jsonb(new) ->> case tg_table_name when 'accounts' then 'id' else 'account_id' end)::uuid;
    return null;
end $$;
