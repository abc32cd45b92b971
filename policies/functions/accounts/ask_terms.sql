-- Ask somebody who signs in to agree to the current terms, if they have not: return the version and by when.
-- Called by POST /v1/auth/token, as the API, before the session is opened. Returns nothing if there is nothing to ask.
-- `accepted` is the version that the person agrees to with this sign-in. Who is asked has 30 days from the first time;
-- after that they sign in only by agreeing, which leaves them the choice to agree and then to erase the account. Admins
-- run the platform and are not asked; beneficiaries are asked but always let in.
-- Definer, because nobody may write consents; only the API may execute it.
-- Locks: the account if it agrees, so that two equal requests at once add one consent.
create or replace function app.ask_terms(account uuid, accepted text, out version text, out answer_by timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    newest text := app.consent_version('terms');
    holder app.accounts;
begin
    if accepted is not null then
        perform app.check_consent('terms', accepted);
        perform from app.accounts a where a.id = account for no key update;
    end if;
    if newest = (select c.version from app.consents c
                 where c.account_id = account and c.purpose = 'terms' and c.given order by c.id desc limit 1) then
        return;
    end if;
    select * into holder from app.accounts a where a.id = account;
    if holder.role = 'admin' then return; end if;
    if accepted is not null then
        perform app.add_consent(account, 'terms', newest, true);
        return;
    end if;

    version := newest;
    insert into app.terms_asked (account_id, version, asked_at) values (account, newest, app.clock())
    on conflict on constraint terms_asked_pkey do nothing;
    if holder.role = 'beneficiary' then return; end if;
    select t.asked_at + interval '30 days' into answer_by
    from app.terms_asked t where t.account_id = account and t.version = newest;
    if answer_by <= app.clock() then
        raise exception 'consent.terms_to_accept'
            using errcode = 'EP403', detail = jsonb_build_object('current_version', newest);
    end if;
end $$;
grant execute on function app.ask_terms(uuid, text) to ecopanier_api;
