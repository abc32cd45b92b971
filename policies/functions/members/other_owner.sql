-- Return the owner who answers for a shop, an association or an organisation once `leaving` no longer does: of its other
-- owners whose accounts are active, the one who joined first; null if there is none.
-- Called by part_with_owner and erase_account, under the lock of the place. Only the owner may execute it.
-- Locks: that owner's account (share) with `nowait`, because accounts come before shops (policies/LOCKS.md). Whoever is
-- being suspended or erased at this moment must not be chosen.
create or replace function app.other_owner(shop uuid, association uuid, leaving uuid, organisation uuid default null)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select a.id from app.members m join app.accounts a on a.id = m.account_id
            where (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation)
              and m.role = 'owner' and m.account_id <> leaving and a.status = 'active'
            order by m.joined_at, m.id limit 1 for share of a nowait);
end $$;
