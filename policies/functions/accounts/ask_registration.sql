-- Keep a registration until its address is confirmed, and queue the mail to the address.
-- Called by POST /v1/auth/register, as the API. Returns the id that the account will have.
-- Nothing is looked up here: whether the address already belongs to an account is the job's concern. So the answer and
-- the work for it are the same for every address. The tries that find_confirmation has counted for the address stay, or
-- a stranger would get five more with each registration. `from_device` is kept, because only the device that registered
-- may confirm without a password. `held_invitation`: the hash of the token of a shop's
-- invitation (answer_shop_invitation), which is not looked up either.
-- Definer, because nobody may write confirmations; only the API may execute it.
create or replace function app.ask_registration(
    wanted_role text, new_password_hash text, wanted_locale text, terms text, address_lookup bytea,
    sealed_request bytea, from_device bytea, held_invitation bytea, named boolean, out account uuid, out registered_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.check_consent('terms', terms);
    account := app.uuid7();
    registered_at := app.clock();
    insert into app.confirmations (id, lookup, sealed, role, locale, terms, password_hash, device, asked_at, ends_at,
        invitation, invitation_named)
    values (account, address_lookup, sealed_request, wanted_role, wanted_locale, terms, new_password_hash,
            from_device, registered_at, registered_at + interval '1 day', held_invitation, named);
    perform app.queue_mail('registration', account);
end $$;
grant execute on function app.ask_registration(text, text, text, text, bytea, bytea, bytea, bytea, boolean) to ecopanier_api;
