-- Store the code and the token of a mail that asks to confirm the address of an account.
-- Called by the worker before the mail address_to_confirm. A job that runs again brings the same code and
-- token; both are then valid from now on, the code for 15 minutes, the token for a day. Earlier mails stay valid too:
-- if each ended the others, two mails that the same outage held up would end each other.
-- Definer, because nobody may write confirmations; only the worker may execute it.
create or replace function app.issue_confirmation(
    account uuid, address_lookup bytea, new_token_hash bytea, new_code_hash bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
begin
    insert into app.confirmations as c (account_id, lookup, token_hash, code_hash, code_ends_at, asked_at, ends_at)
    values (account, address_lookup, new_token_hash, new_code_hash, moment + interval '15 minutes', moment,
            moment + interval '1 day')
    on conflict (token_hash) do update set code_ends_at = excluded.code_ends_at, ends_at = excluded.ends_at;
end $$;
grant execute on function app.issue_confirmation(uuid, bytea, bytea, bytea) to ecopanier_worker;
