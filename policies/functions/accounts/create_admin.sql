-- Make an admin, or give one a new password. Executable by nobody but the owner: `ecopanier admin create` runs it over
-- the connection that migrates, because who can do that can do anything already.
create or replace function app.create_admin(admin_email text, new_password_hash text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
    account uuid;
begin
    insert into app.accounts as a (role, email, display_name, email_verified_at)
    values ('admin', admin_email, 'Admin', app.clock())
    on conflict ((lower(email))) do update set email_verified_at = app.clock() where a.role = 'admin'
    returning id into account;
    if account is null then raise exception 'account.email_taken' using errcode = 'EP409'; end if;
    insert into app.credentials as c (account_id, password_hash) values (account, new_password_hash)
    on conflict (account_id) do update set password_hash = excluded.password_hash, changed_at = app.clock();
    return account;
end $$;
