-- Erase an account: end what is running as if its holder ended it, remove who they are with the key that opens it, and
-- keep an anonymous row.
-- Called by erase_own_account, erase_beneficiary, erase_in_time and finish_erasure. Only the owner may execute it.
-- The row stays because other people's rows refer to it. Everything happens in one transaction. Called once more, it
-- does the same to what slipped in beside the first time. `reason` is a word of ours for the audit log.
-- Locks, in the order of policies/LOCKS.md: the beneficiary if the account is one; the account (no key update); the
-- association, or all active admins in the order of ids, if the account is one; recurring listings and shops that the
-- account owns, then the account of another owner (other_owner); the person's passes; quotas and lots (lock_lots); collections that end; reservations and payments (end_reservation); gifts; then what
-- forget_person and close_shops remove.
create or replace function app.erase_account(account uuid, reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    erased      app.accounts;
    claims      text := coalesce(current_setting('request.jwt.claims', true), '');
    running     uuid[];
    reservation uuid;
    waiting     uuid;
    own_shops   uuid[];
    association uuid;
    staying     uuid;
    shop        uuid;
    lot         uuid;
    open_       uuid[];
begin
    perform from app.beneficiaries b where b.id = account for update;
    -- `no key update`, so that foreign keys to this account can still be checked: if the person is reserving right now,
    -- that transaction needs such a check and holds the quota that we are about to wait for.
    select * into erased from app.accounts a where a.id = account for no key update;
    if not found then raise exception 'account.not_found' using errcode = 'EP404'; end if;
    -- A shop or an association that others own too is theirs from now on. Only one whose last owner goes is closed. The
    -- lock keeps anybody from being enrolled meanwhile.
    for association in select a.id from app.associations a where a.owner_id = account order by a.id for update loop
        staying := app.other_owner(null, association, account);
        if staying is not null then
            update app.associations a set owner_id = staying where a.id = association;
        elsif exists (select from app.beneficiaries b where b.association_id = association and b.status <> 'erased') then
            raise exception 'account.has_beneficiaries' using errcode = 'EP409';
        end if;
    end loop;
    if erased.role = 'admin' and erased.status <> 'erased' then
        perform from app.accounts a where a.role = 'admin' and a.status = 'active' order by a.id for no key update;
        if not exists (select from app.accounts a where a.role = 'admin' and a.status = 'active' and a.id <> account) then
            raise exception 'account.last_admin' using errcode = 'EP409';
        end if;
    end if;
    insert into key_vault.erased_accounts (account_id, erased_at) values (account, app.clock())
    on conflict (account_id) do nothing;
    if erased.status <> 'erased' then
        perform app.note('account.erased', 'account', account, jsonb_build_object('why', reason));
    end if;

    -- What is running ends by the acts that usually end it, in the person's name, whoever erases them.
    own_shops := array(select s.id from app.shops s where s.owner_id = account order by s.id);
    -- Publishing and settling a gift lock in this order too, and picking up locks a pass before its reservation.
    perform from app.recurring_listings r where r.shop_id = any (own_shops) order by r.id for update;
    perform from app.shops s where s.id = any (own_shops) order by s.id for no key update;
    foreach shop in array own_shops loop
        staying := app.other_owner(shop, null, account);
        if staying is not null then update app.shops s set owner_id = staying where s.id = shop; end if;
    end loop;
    own_shops := array(select s.id from app.shops s where s.owner_id = account order by s.id);
    running := array(
        select r.lot_id from app.reservations r where r.account_id = account and r.status in ('held', 'confirmed')
        union
        select w.lot_id from app.waiting w where w.account_id = account and w.status in ('waiting', 'offered')
        union
        select l.id from app.lots l
        where l.shop_id = any (own_shops)
          and (l.status in ('draft', 'published', 'paused', 'recalled') or l.gtin is not null));  -- may be recalled now
    -- Collections of what closes, which nobody has taken yet, are cancelled. Their stock is locked with the others'.
    open_ := app.open_collections_of(own_shops, array(select a.id from app.associations a where a.owner_id = account));
    running := running || array(
        select distinct i.lot_id from app.collection_items i where i.collection_id = any (open_) and i.holds_stock);
    perform from app.passes p join app.reservations r on r.id = p.reservation_id
    where r.account_id = account and r.status = 'confirmed' order by p.reservation_id for update of p;
    perform app.lock_lots(running);
    perform app.end_collections(open_, 'house_closed');
    for reservation in
        select r.id from app.reservations r
        where r.account_id = account and (r.status = 'held' or r.status = 'confirmed' and r.purpose = 'collect')
        order by r.lot_id, r.id
    loop
        perform app.end_reservation(reservation, 'cancelled', 'holder', true, true);
    end loop;
    for waiting in
        select w.id from app.waiting w
        where w.account_id = account and w.status in ('waiting', 'offered') order by w.lot_id, w.id
    loop
        perform app.end_entry(waiting, 'left');
    end loop;
    -- Given portions stay given. What nobody collects is refunded to the card, and no other lot is looked for.
    perform from app.suspended_lots s join app.reservations r on r.id = s.id
    where r.account_id = account and s.settled_at is null order by s.id for update of s;
    update app.suspended_lots s set if_unclaimed = 'refund', move_by = least(s.move_by, app.clock())
    from app.reservations r where r.id = s.id and r.account_id = account and s.settled_at is null;
    if own_shops <> '{}' then
        update app.accounts a set status = 'active', erased_at = null where a.id = account and a.status <> 'active';
        perform set_config('request.jwt.claims', jsonb_build_object('sub', account)::text, true);
        for lot in
            select l.id from app.lots l
            where l.shop_id = any (own_shops) and l.suspended_from is null and l.status in ('draft', 'published', 'paused')
            order by l.id
        loop
            perform app.end_lot_of_shop(lot);
        end loop;
        perform set_config('request.jwt.claims', claims, true);
        perform app.close_shops(account);
    end if;

    perform app.forget_person(account);
    update app.accounts a
    set status = 'erased', erased_at = coalesce(erased.erased_at, app.clock()), email = null, email_verified_at = null,
        display_name = '-', locale = 'fr', status_reason = null, warned_at = null,
        created_at = date_trunc('year', a.created_at), last_seen_on = app.paris_day(app.clock())
    where a.id = account;

    if erased.status <> 'erased' then
        -- Once now, for the files and the books; once later, in case the person was reserving at this very moment.
        perform app.defer('privacy.finish_erasure', jsonb_build_object('account_id', account));
        perform app.defer('privacy.finish_erasure', jsonb_build_object('account_id', account), now() + interval '1 minute');
    end if;
end $$;
