-- Return whether a shop has to open its payout account before it sells more: money is due to it that cannot be
-- transferred, more than `payout_grace_cents` or for longer than `payout_grace_days`.
-- Called by guard_lot when a discounted lot is published. A manual balance must leave Stripe within 90 days.
-- Only the owner may execute it.
create or replace function app.payout_overdue(shop uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select not exists (select from app.payout_accounts a where a.shop_id = shop and a.state = 'active')
       and (app.shop_due_cents(shop) > app.setting_int('payout_grace_cents')
            or app.shop_due_cents(shop) > 0
               and exists (select from app.untransferred_lots(shop) u
                           where u.closed_at < app.clock() - make_interval(days => app.setting_int('payout_grace_days'))))
$$;
