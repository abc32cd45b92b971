-- Remove an admin's second factor at once; return whether they had one. Raise EP404 if nobody is an admin under this
-- address.
-- Called by `ecopanier admin reset-second-factor` over the connection that migrates, for the last admin, whom no other
-- can help. Only the owner may execute it: whoever holds that login can do anything already.
-- Locks: those of forget_factor.
create or replace function app.drop_second_factor(admin_email text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    account uuid;
begin
    select a.id into account from app.accounts a where lower(a.email) = lower(admin_email) and a.role = 'admin';
    if not found then raise exception 'account.not_found' using errcode = 'EP404'; end if;
    return app.forget_factor(account);
end $$;
