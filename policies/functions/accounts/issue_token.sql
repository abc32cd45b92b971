-- Remember a one-time token that a mail or an enrolment hands to its person; earlier ones of the same purpose end.
-- A mail that is tried again brings the same token: it stays what it is, used or not.
create or replace function app.issue_token(account uuid, wanted_purpose text, new_hash bytea, expires timestamptz)
returns void language plpgsql security definer set search_path = '' as $$
begin
    update app.one_time_tokens t set used_at = app.clock()
    where t.account_id = account and t.purpose = wanted_purpose and t.used_at is null and t.token_hash <> new_hash;
    insert into app.one_time_tokens as t (token_hash, account_id, purpose, expires_at)
    values (new_hash, account, wanted_purpose, expires)
    on conflict (token_hash) do update set expires_at = excluded.expires_at where t.used_at is null;
end $$;
grant execute on function app.issue_token(uuid, text, bytea, timestamptz) to ecopanier_worker;
