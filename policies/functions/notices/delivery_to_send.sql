-- Return what a delivery that is still queued mails: its event, to which account and address, and what the text says;
-- nothing once it was sent or given up. `notice` is null where there is no notice (yet): then `event` is what
-- queue_mail was asked for, and `subject` what it is about.
-- `wanted` is false if its person has turned the event off since, or if it is over: then there is nothing to send.
-- Called by the worker's job notices.deliver, right before it writes the mail.
-- A mail that gathers also says what else the person is to be told of this event, with what is on offer now. In quiet
-- hours, and while another job sends a mail that contains this delivery, nothing is returned: it is queued anew for later.
-- A worker that dies keeps what it gathered for two minutes.
-- Definer, because the worker may not read notices; only the worker may execute it.
-- Locks: the queued deliveries of this person, in the order of ids, if the mail gathers.
create or replace function app.delivery_to_send(
    delivery uuid, out notice uuid, out account_id uuid, out event text, out facts jsonb, out subject uuid,
    out address text, out kept boolean, out wanted boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    queued app.notice_deliveries;
    told   app.notices;
    kind   record;
    later  timestamptz;
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
    select e.* into kind from app.notice_events() e where e.event = told.event;
    if kind.gathers then
        perform from app.notice_deliveries d where d.account_id = told.account_id and d.state = 'queued'
        order by d.id for update;
        -- The job that held the lock may have sent it meanwhile.
        select coalesce(app.quiet_until(told.account_id, moment),
                        case when d.gathered_by <> d.id and d.gathered_at > moment - interval '2 minutes'
                             then d.gathered_at + interval '2 minutes' end)
        into later from app.notice_deliveries d where d.id = delivery and d.state = 'queued';
        if not found then return; end if;
        if later is not null then
            perform app.defer_mails(array[delivery], array[later]);
            return;
        end if;
        update app.notice_deliveries d set gathered_by = delivery, gathered_at = moment
        from app.notices n
        where n.id = d.notice_id and d.account_id = told.account_id and n.event = told.event and d.state = 'queued'
          and (d.gathered_by is null or d.gathered_by = delivery or d.gathered_at <= moment - interval '2 minutes');
        select jsonb_build_object('told', app.offers_now(told.account_id, coalesce(jsonb_agg(t.part order by n.id), '[]')))
        into facts
        from app.notice_deliveries d join app.notices n on n.id = d.notice_id
        cross join lateral jsonb_array_elements(n.facts -> 'told') as t (part)
        where d.account_id = told.account_id and d.gathered_by = delivery and d.state = 'queued';
    end if;
    notice := told.id;
    account_id := told.account_id;
    event := told.event;
    facts := coalesce(facts, told.facts);
    subject := told.subject;
    kept := kind.kept;
    wanted := app.wants_notice(told.account_id, told.event, 'mail') and app.still_to_tell(told)
        and facts -> 'told' is distinct from '[]';
end $$;
grant execute on function app.delivery_to_send(uuid) to ecopanier_worker;
