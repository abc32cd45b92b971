-- Write what was done with a webhook endpoint into the audit log, under its owner.
-- Called by the acts of webhook endpoints, which alone may execute it.
create or replace function app.note_webhook(what text, e app.webhook_endpoints, details jsonb default '{}') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.note('webhook_endpoint.' || what,
                     case when e.shop_id is not null then 'shop' when e.association_id is not null then 'association'
                          else 'organisation' end,
                     coalesce(e.shop_id, e.association_id, e.organisation_id),
                     jsonb_build_object('webhook_endpoint', e.id) || details);
end $$;
