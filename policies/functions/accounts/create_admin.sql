-- Make an admin, or give an existing admin a new password, which ends the sessions that were opened with the old one.
-- Called by `ecopanier admin create` over the connection that migrates, and by the demo town. Only the owner may
-- execute it: whoever holds that login can do anything already.
-- With Supabase Auth there is no password, and `known_as` is the person's id there.
-- Locks: the account, then what set_password locks.
create or replace function app.create_admin(admin_email text, new_password_hash text, known_as uuid default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
    made    boolean;
begin
    insert into app.accounts as a (id, role, email, display_name, email_verified_at, created_at)
    values (coalesce(known_as, app.uuid7()), 'admin', admin_email, 'Admin', app.clock(), app.clock())
    on conflict do nothing returning a.id into account;
    made := account is not null;
    if not made then
        select a.id into account from app.accounts a
        where lower(a.email) = lower(admin_email) and a.role = 'admin' and a.id = coalesce(known_as, a.id) for update;
        if not found then raise exception 'account.email_taken' using errcode = 'EP409'; end if;
    end if;
    if new_password_hash is not null then
        perform app.set_password(account, new_password_hash);
    end if;
    perform app.note(case when made then 'account.made_admin' else 'account.password_set' end, 'account', account);
    return account;
end $$;
