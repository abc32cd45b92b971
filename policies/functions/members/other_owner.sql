-- Return the owner who answers for a shop or an association once `leaving` no longer does: of its other owners whose
-- accounts are active, the one who joined first; null if there is none.
-- Called by part_with_owner and erase_account, under the lock of the shop or the association. Only the owner may
-- execute it.
-- Locks: that owner's account (share) with `nowait`, because accounts come before shops (policies/LOCKS.md). Whoever is
-- being suspended or erased at this moment must not be chosen.
create or replace function app.other_owner(shop uuid, association uuid, leaving uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.id from app.members m join app.accounts a on a.id = m.account_id
            where (m.shop_id = shop or m.association_id = association) and m.role = 'owner' and m.account_id <> leaving
              and a.status = 'active'
            order by m.joined_at, m.id limit 1 for share of a nowait);
end $$;
