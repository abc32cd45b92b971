-- Remove the webhook endpoints of shops, associations and organisations that are closed, with their sealed addresses, their
-- secrets and what was or is to be sent.
-- Called by close_shops, forget_person and change_organisation. Definer, because no role may write endpoints; only the owner
-- may execute it. Locks: the endpoints in the order of ids, then their deliveries.
create or replace function app.forget_webhooks(owners uuid[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    gone uuid[];
begin
    gone := array(select e.id from app.webhook_endpoints e
                  where e.shop_id = any (owners) or e.association_id = any (owners) or e.organisation_id = any (owners)
                  order by e.id for update);
    delete from app.webhook_deliveries d where d.endpoint_id = any (gone);
    delete from app.webhook_endpoints e where e.id = any (gone);
end $$;
