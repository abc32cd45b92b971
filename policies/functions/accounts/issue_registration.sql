-- Store the code and the token that the mail of a registration will hold; or, if an account has already confirmed the
-- address, forget the registration, tell that account instead, and return it. The `delivery` is then that of its notice.
-- Called by the worker for the mail of a registration. A job that runs again brings the same code and token. The code is valid
-- for 15 minutes from now, the token for a day.
-- Definer, because nobody may read addresses or write confirmations; only the worker may execute it.
-- Locks: the registration, then the delivery.
create or replace function app.issue_registration(
    registration uuid, delivery uuid, address text, new_token_hash bytea, new_code_hash bytea, out known uuid, out issued boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted app.confirmations;
begin
    select * into wanted from app.confirmations c where c.id = registration for update;
    issued := found;
    if not found then return; end if;
    known := app.holder_of_address(address, wanted.lookup);
    if known is not null then
        issued := false;
        delete from app.confirmations c where c.id = registration;
        perform app.notify(known, 'already_registered', '{}', registration::text, delivery => delivery);
        return;
    end if;
    update app.confirmations c
    set token_hash = new_token_hash, code_hash = new_code_hash, code_ends_at = app.clock() + interval '15 minutes',
        ends_at = app.clock() + interval '1 day'
    where c.id = registration;
end $$;
grant execute on function app.issue_registration(uuid, uuid, text, bytea, bytea) to ecopanier_worker;
