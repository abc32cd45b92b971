-- Restore a suspended account with its shops, and publish their paused lots again; those that reports of a closed door
-- paused wait for their owner (resume_shop).
-- Called by POST /v1/admin/accounts/{account_id}/restore, as an admin.
-- Definer, because no role may write the status of an account, a shop or somebody else's lot. Only an admin gets
-- through.
-- Locks: the account, its shops, then their lots in the order of ids (see policies/LOCKS.md).
create or replace function app.restore_account(account uuid, why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    update app.accounts a set status = 'active', status_reason = null where a.id = account and a.status <> 'erased';
    if not found then raise exception 'account.not_found' using errcode = 'EP404'; end if;
    update app.shops s set status = 'verified' where s.owner_id = account and s.status = 'suspended';
    perform from app.lots l join app.lot_stock k on k.lot_id = l.id
    where l.shop_id in (select s.id from app.shops s where s.owner_id = account and s.status = 'verified')
      and l.status = 'paused'
    order by l.id for update of k, l;
    update app.lots l set status = 'published'
    where l.shop_id in (select s.id from app.shops s
                        where s.owner_id = account and s.status = 'verified' and s.paused_at is null)
      and l.status = 'paused';
    insert into app.decisions (subject, subject_id, decision, reason, decided_by, decided_at)
    values ('account', account, 'restored', why, app.caller(), app.clock());
end $$;
grant execute on function app.restore_account(uuid, text) to authenticated;
