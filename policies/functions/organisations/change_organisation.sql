-- Rename an organisation or close it; null leaves a field as it is. `versions`: the change is made only to one of these;
-- null allows any.
-- Called by PATCH /v1/organisations/{organisation_id}, as an admin: mails show the name to addresses that never asked.
-- From its closing on, nobody works there, its API clients are refused, its webhook endpoints are removed and invitations to
-- it are void. It stays closed.
-- Definer, because nobody may write organisations. Only an admin gets through.
-- Locks: the organisation (no key update), its API clients in the order of ids, those of forget_webhooks.
create or replace function app.change_organisation(
    organisation uuid, new_name text, new_status text, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    before app.organisations;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select * into before from app.organisations o where o.id = organisation for no key update;
    if not found then raise exception 'organisation.not_found' using errcode = 'EP404'; end if;
    if versions is not null and before.version <> all (versions) then
        raise exception 'precondition.failed' using errcode = 'EP412';
    end if;
    if before.status = 'closed' then raise exception 'organisation.closed' using errcode = 'EP409'; end if;
    update app.organisations o
    set name = coalesce(new_name, o.name), status = coalesce(new_status, o.status), version = o.version + 1
    where o.id = organisation;
    if new_status = 'closed' then
        perform from app.api_clients c where c.organisation_id = organisation and c.revoked_at is null
        order by c.id for update;
        update app.api_clients c set revoked_at = app.clock()
        where c.organisation_id = organisation and c.revoked_at is null;
        perform app.forget_webhooks(array[organisation]);
        delete from app.members m where m.organisation_id = organisation and m.account_id is null;
        perform app.note('organisation.closed', 'organisation', organisation);
    else
        perform app.note('organisation.renamed', 'organisation', organisation);
    end if;
end $$;
grant execute on function app.change_organisation(uuid, text, text, int[]) to authenticated;
