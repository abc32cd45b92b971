-- Return what a delivery that is still queued mails: its event, to which account and address, and what the text says;
-- nothing once it was sent or given up. `notice` is null where there is no notice (yet): then `event` is what
-- queue_mail was asked for, and `subject` what it is about.
-- `wanted` is false if its person has turned the event off since, or if it is over: then there is nothing to send.
-- Called by the worker's job notices.deliver, right before it writes the mail.
-- Definer, because the worker may not read notices; only the worker may execute it.
create or replace function app.delivery_to_send(
    delivery uuid, out notice uuid, out account_id uuid, out event text, out facts jsonb, out subject uuid,
    out address text, out kept boolean, out wanted boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    queued app.notice_deliveries;
    told   app.notices;
begin
    select * into queued from app.notice_deliveries d where d.id = delivery and d.state = 'queued';
    if not found then return; end if;
    address := queued.address;
    if queued.notice_id is null then
        event := queued.mail;
        subject := queued.subject;
        facts := '{}';
        kept := true;
        wanted := true;
        return;
    end if;
    select * into told from app.notices n where n.id = queued.notice_id;
    notice := told.id;
    account_id := told.account_id;
    event := told.event;
    facts := told.facts;
    subject := told.subject;
    kept := (select e.kept from app.notice_events() e where e.event = told.event);
    wanted := app.wants_notice(told.account_id, told.event, 'mail') and app.still_to_tell(told);
end $$;
grant execute on function app.delivery_to_send(uuid) to ecopanier_worker;
