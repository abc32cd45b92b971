-- An admin suspends an account. From the next statement on it is nobody: its sessions end and its shops' lots pause.
-- Definer, because no role may write the status of an account.
create or replace function app.suspend_account(account uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if account = app.caller() then raise exception 'account.own_suspension' using errcode = 'EP409'; end if;
    -- Of two admins who suspend each other the second is one no more: there is always one left.
    if exists (select from app.accounts a where a.id = account and a.role = 'admin') then
        perform from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id for no key update;
        if app.caller() is null then raise exception 'account.suspended' using errcode = 'EP403'; end if;
    end if;
    update app.accounts a set status = 'suspended', status_reason = why where a.id = account and a.status <> 'erased';
    if not found then raise exception 'account.not_found' using errcode = 'EP404'; end if;
    update app.sessions s set ended_at = app.clock(), ended_because = 'suspended'
    where s.account_id = account and s.ended_at is null;
    -- The shops first: a lot that is being published at this moment waits for them, or they for it.
    update app.shops s set status = 'suspended' where s.owner_id = account and s.status = 'verified';
    perform from app.lots l
    where l.shop_id in (select s.id from app.shops s where s.owner_id = account) and l.status = 'published'
    order by l.id for update;
    update app.lots l set status = 'paused'
    where l.shop_id in (select s.id from app.shops s where s.owner_id = account) and l.status = 'published';
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('account', account, 'suspended', why, app.caller(), app.clock());
end $$;
grant execute on function app.suspend_account(uuid, text) to authenticated;
