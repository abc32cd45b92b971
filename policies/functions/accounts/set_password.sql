-- Set an account's password, end every session that was opened with the old one and every sign-in with it that waits
-- for a second factor, and forget its devices. The second factor stays.
-- Called by activate_beneficiary, confirm_address, create_admin and reset_password. Definer, because nobody may write
-- credentials; only the owner may execute it.
-- Locks: the credentials, the sessions, the waiting sign-ins, then the devices.
create or replace function app.set_password(account uuid, new_hash text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.credentials as c (account_id, password_hash) values (account, new_hash)
    on conflict (account_id) do update set password_hash = excluded.password_hash, changed_at = app.clock();
    update app.sessions s set ended_at = app.clock(), ended_because = 'password_changed'
    where s.account_id = account and s.ended_at is null;
    update app.one_time_tokens t set used_at = app.clock()
    where t.account_id = account and t.purpose = 'second_factor' and t.used_at is null;
    delete from app.devices d where d.account_id = account;
end $$;
