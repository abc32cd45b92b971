-- Store the code and the token that the mail of a change of address to the new address will hold. Returns whether the
-- mail is to be sent. If another account has confirmed the address, that account is told instead and returned as `known`;
-- the `delivery` is then that of its notice. The change waits all the same, so that who asked cannot tell.
-- Called by the worker for the mail email_change. A job that runs again brings the same code and token. The code is valid
-- for 15 minutes from now, the token for a day.
-- Definer, because nobody may read addresses or write changes; only the worker may execute it.
-- Locks: the change, then the delivery.
create or replace function app.issue_email_change(
    change uuid, delivery uuid, address text, new_token_hash bytea, new_code_hash bytea, out known uuid,
    out issued boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted app.email_changes;
    holder uuid;
begin
    issued := false;
    select * into wanted from app.email_changes c where c.id = change and c.changed_at is null for update;
    if not found then return; end if;
    holder := app.holder_of_address(address, wanted.lookup);
    if holder is not null then
        if holder <> wanted.account_id then
            known := holder;
            perform app.notify(known, 'address_wanted', '{}', change::text, delivery => delivery);
        end if;
        return;
    end if;
    issued := true;
    update app.email_changes c
    set token_hash = new_token_hash, code_hash = new_code_hash, code_ends_at = app.clock() + interval '15 minutes',
        ends_at = app.clock() + interval '1 day'
    where c.id = change;
end $$;
grant execute on function app.issue_email_change(uuid, uuid, text, bytea, bytea) to ecopanier_worker;
