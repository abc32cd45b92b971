-- Begin the enrolment of a second factor with this sealed secret. An enrolment that no code has confirmed is replaced.
-- Called by POST /v1/me/second-factors after hold_data_key, as the API, which has checked the password.
-- Raises EP409 if the caller has a second factor. Definer, because nobody may write second factors; only the API may
-- execute it.
-- Locks: the account, then the factor.
create or replace function app.begin_second_factor(caller uuid, new_sealed bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.accounts a where a.id = caller for no key update;
    perform app.require_role(caller, 'customer', 'merchant', 'beneficiary', 'collector', 'association', 'admin');
    insert into app.second_factors as f (account_id, sealed, begun_at) values (caller, new_sealed, app.clock())
    on conflict (account_id) do update set id = app.uuid7(), sealed = excluded.sealed, begun_at = excluded.begun_at
        where f.activated_at is null;
    if not found then raise exception 'second_factor.exists' using errcode = 'EP409'; end if;
end $$;
grant execute on function app.begin_second_factor(uuid, bytea) to ecopanier_api;
