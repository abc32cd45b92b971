-- Raise EP422 unless endpoints of such an owner (`shop`, `association`, `organisation`) may have each of these events.
-- Called by add_webhook_endpoint and change_webhook_endpoint, which alone may execute it.
create or replace function app.require_webhook_events(wanted text[], owner_kind text) returns void
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not wanted <@ array(select w.event from app.webhook_events() w where owner_kind = any (w.owners)) then
        raise exception 'webhook_endpoint.event_unknown' using errcode = 'EP422';
    end if;
end $$;
