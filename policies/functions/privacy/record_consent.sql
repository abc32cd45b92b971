-- Record that the caller gives or withdraws a consent, as a new row if it changes anything.
-- Called by PUT /v1/me/consents, as anybody who is signed in.
-- Only the current version of a text can be consented to. The terms cannot be withdrawn, because the account depends
-- on them: erasing it does that. Withdrawing the consent to the diet erases the diet.
-- Definer, because nobody may write consents directly: it writes the caller's own.
-- Locks: the account, so that of two equal requests at once one adds a row; then the diet.
create or replace function app.record_consent(wanted_purpose text, wanted_version text, wanted_given boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    holder uuid := app.caller();
begin
    if holder is null then raise exception 'access.unauthenticated' using errcode = 'EP401'; end if;
    perform app.check_consent(wanted_purpose, wanted_version);
    if wanted_purpose = 'terms' and not wanted_given then
        raise exception 'consent.terms_needed' using errcode = 'EP409';
    end if;
    -- Without the lock two equal requests at once would both add a row.
    perform from app.accounts a where a.id = holder for no key update;
    if (select (c.version, c.given) from app.consents c
        where c.account_id = holder and c.purpose = wanted_purpose order by c.id desc limit 1)
       is distinct from (wanted_version, wanted_given) then
        perform app.add_consent(holder, wanted_purpose, wanted_version, wanted_given);
    end if;
    if wanted_purpose = 'diet' and not wanted_given then delete from app.diets d where d.account_id = holder; end if;
end $$;
grant execute on function app.record_consent(text, text, boolean) to authenticated;
