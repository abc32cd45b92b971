-- Set a new password for the token that was mailed, and end every session of the account.
-- Called by POST /v1/auth/reset-password, as the API.
-- Definer, because nobody may write credentials. The token lets its holder act on that one account, once.
-- Locks: the token, the credentials, then the sessions.
create or replace function app.reset_password(held bytea, new_password_hash text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid := app.use_token(held, 'reset_password');
begin
    insert into app.credentials as c (account_id, password_hash) values (account, new_password_hash)
    on conflict (account_id) do update set password_hash = excluded.password_hash, changed_at = app.clock();
    update app.sessions s set ended_at = app.clock(), ended_because = 'password_changed'
    where s.account_id = account and s.ended_at is null;
end $$;
grant execute on function app.reset_password(bytea, text) to ecopanier_api;
