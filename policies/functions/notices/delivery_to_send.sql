-- Return the notice of a delivery that is still queued, with what its text says; nothing once it was sent or given up.
-- `wanted` is false if its person has turned the event off since, or if it is over: then there is nothing to send.
-- Called by the worker's job notices.deliver, right before it writes the mail.
-- Definer, because the worker may not read notices; only the worker may execute it.
create or replace function app.delivery_to_send(
    delivery uuid, out account_id uuid, out event text, out facts jsonb, out subject uuid, out kept boolean,
    out wanted boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    notice app.notices;
begin
    select n.* into notice from app.notice_deliveries d join app.notices n on n.id = d.notice_id
    where d.id = delivery and d.state = 'queued';
    account_id := notice.account_id;
    event := notice.event;
    facts := notice.facts;
    subject := notice.subject;
    kept := (select e.kept from app.notice_events() e where e.event = notice.event);
    wanted := app.wants_notice(notice.account_id, notice.event, 'mail') and app.still_to_tell(notice);
end $$;
grant execute on function app.delivery_to_send(uuid) to ecopanier_worker;
