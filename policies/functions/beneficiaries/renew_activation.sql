-- Replace the activation token of a beneficiary, end their sessions and forget their devices. Returns when the new token
-- expires.
-- Called by POST /v1/beneficiaries/{beneficiary_id}/activation, for somebody who lost their token, or who forgot their
-- password and has no e-mail address. Called as the association that enrolled them.
-- Whoever holds the token can sign in as this person and read who they are, so an admin cannot make one, not even for
-- people whom admins enrolled: it may have been another admin. An association that takes them over can. Sessions end because a phone may be lost together with its password. The old
-- password works until the new token sets another; a confirmed address gets a mail about it.
-- Definer, because nobody may write tokens or sessions. own_beneficiary and the check below decide who gets through.
-- Locks: the beneficiary, the tokens, the sessions, then the devices.
create or replace function app.renew_activation(beneficiary uuid, new_token_hash bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own  app.beneficiaries := app.own_beneficiary(beneficiary);
    ends timestamptz := app.clock() + interval '30 days';
begin
    if coalesce(own.association_id <> all (array(select app.verified_associations_of(app.caller()))), true) then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    delete from app.one_time_tokens t
    where t.account_id = beneficiary and t.purpose = 'activate' and t.used_at is null;
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    values (new_token_hash, beneficiary, 'activate', ends);
    update app.sessions s set ended_at = app.clock(), ended_because = 'password_changed'
    where s.account_id = beneficiary and s.ended_at is null;
    delete from app.devices d where d.account_id = beneficiary;
    if exists (select from app.sealed_addresses s where s.account_id = beneficiary and s.verified_at is not null) then
        perform app.notify(beneficiary, 'new_access', '{}');
    end if;
    perform app.note('beneficiary.activation_renewed', 'beneficiary', beneficiary);
    return ends;
end $$;
grant execute on function app.renew_activation(uuid, bytea) to authenticated;
