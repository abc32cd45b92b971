-- Suspend an account: its sessions end, its shops are suspended, their published lots pause, and
-- collections that nobody has taken yet of its shops and associations are cancelled.
-- Called by POST /v1/admin/accounts/{account_id}/suspend, as an admin. The account counts as nobody from the next
-- statement on.
-- Definer, because no role may write the status of an account, a shop or somebody else's lot. Only an admin gets
-- through.
-- Locks: if the account is an admin, all active admins in the order of ids; then the account, its sessions, its shops
-- and their lots in the order of ids, with those of the collections that end; these collections (see policies/LOCKS.md).
create or replace function app.suspend_account(account uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    open_ uuid[];
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if account = app.caller() then raise exception 'account.own_suspension' using errcode = 'EP409'; end if;
    -- When two admins suspend each other, the second waits here and is no longer an admin: one always stays.
    if exists (select from app.accounts a where a.id = account and a.role = 'admin') then
        perform from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id for no key update;
        if app.caller() is null then raise exception 'account.suspended' using errcode = 'EP403'; end if;
    end if;
    update app.accounts a set status = 'suspended', status_reason = why where a.id = account and a.status <> 'erased';
    if not found then raise exception 'account.not_found' using errcode = 'EP404'; end if;
    update app.sessions s set ended_at = app.clock(), ended_because = 'suspended'
    where s.account_id = account and s.ended_at is null;
    -- Shops come before lots: publishing a lot share-locks its shop, so either it or this act waits for the other.
    update app.shops s set status = 'suspended' where s.owner_id = account and s.status = 'verified';
    open_ := app.open_collections_of(
        array(select s.id from app.shops s where s.owner_id = account),
        array(select a.id from app.associations a where a.owner_id = account));
    perform from app.lots l join app.lot_stock k on k.lot_id = l.id
    where l.shop_id in (select s.id from app.shops s where s.owner_id = account) and l.status = 'published'
       or l.id in (select i.lot_id from app.collection_items i where i.collection_id = any (open_) and i.holds_stock)
    order by l.id for update of k, l;
    update app.lots l set status = 'paused'
    where l.shop_id in (select s.id from app.shops s where s.owner_id = account) and l.status = 'published';
    perform app.end_collections(open_, 'house_suspended');
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('account', account, 'suspended', why, app.caller(), app.clock());
end $$;
grant execute on function app.suspend_account(uuid, text) to authenticated;
