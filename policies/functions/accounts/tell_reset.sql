-- Tell an account that a new password was asked for, in the app; the `delivery` of the mail is then that of the notice.
-- Called by the worker before that mail. It does nothing where there is no such account.
-- Definer, because nobody may write notices to others; only the worker may execute it. Locks: the delivery.
create or replace function app.tell_reset(account uuid, delivery uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(account, 'reset_password', '{}', delivery::text, delivery => delivery);
end $$;
grant execute on function app.tell_reset(uuid, uuid) to ecopanier_worker;
