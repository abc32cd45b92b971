-- Another token for a beneficiary who lost theirs, or who forgot their password and has no e-mail, by who decides about
-- them. Tokens before it end, and so do sessions: a telephone may be lost with its password. The password itself holds
-- until the new token sets another. Definer, because nobody writes tokens.
create or replace function app.renew_activation(beneficiary uuid, new_token_hash bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    ends timestamptz := app.clock() + interval '30 days';
begin
    perform app.own_beneficiary(beneficiary);
    delete from app.one_time_tokens t
    where t.account_id = beneficiary and t.purpose = 'activate' and t.used_at is null;
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    values (new_token_hash, beneficiary, 'activate', ends);
    update app.sessions s set ended_at = app.clock(), ended_because = 'password_changed'
    where s.account_id = beneficiary and s.ended_at is null;
    perform app.note('beneficiary.activation_renewed', 'beneficiary', beneficiary);
    return ends;
end $$;
grant execute on function app.renew_activation(uuid, bytea) to authenticated;
