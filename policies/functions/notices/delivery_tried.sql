-- Note what became of a delivery: `sent`, `failed` (the address is refused for good), `queued` (it is tried again), or
-- `needless`: there is no address to send it to, so that nothing is left to tell.
-- Called by the worker's job notices.deliver. `smtp_code` is the mail server's answer; its words are kept nowhere.
-- A failed delivery marks the account's own address; one that was sent takes the mark away. If the mail of a recall
-- failed, those who can speak to its person are told.
-- Deliveries that were gathered into this mail share what became of it.
-- Definer, because nobody may write these rows; only the worker may execute it.
-- Locks: the delivery and those gathered with it, in the order of ids, then the mark of its account's address.
create or replace function app.delivery_tried(delivery uuid, outcome text, smtp_code int default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    tried app.notice_deliveries;
    whose uuid := (select d.account_id from app.notice_deliveries d where d.id = delivery);
begin
    if outcome not in ('sent', 'failed', 'queued', 'needless') then
        raise exception 'decision.unknown' using errcode = 'EP422';
    end if;
    perform from app.notice_deliveries d where (d.id = delivery or d.account_id = whose and d.gathered_by = delivery) and d.state = 'queued'
    order by d.id for update;
    select * into tried from app.notice_deliveries d where d.id = delivery and d.state = 'queued';
    if not found then return; end if;
    if outcome = 'needless' then
        delete from app.notice_deliveries d
        where (d.id = delivery or d.account_id = whose and d.gathered_by = delivery) and d.state = 'queued';
        return;
    end if;
    update app.notice_deliveries d
    set state = outcome, smtp_code = delivery_tried.smtp_code, ended_at = case when outcome <> 'queued' then app.clock() end
    where (d.id = delivery or d.account_id = whose and d.gathered_by = delivery) and d.state = 'queued';
    if outcome = 'failed' then
        perform app.holder_not_reached((n.facts ->> 'recall')::uuid, n.subject)
        from app.notices n where n.id = tried.notice_id and n.event = 'lot_recalled';
    end if;
    if tried.account_id is null or tried.address <> 'own' then return; end if;
    if outcome = 'failed' then
        insert into app.refused_addresses (account_id, smtp_code, refused_at)
        values (tried.account_id, delivery_tried.smtp_code, app.clock())
        on conflict on constraint refused_addresses_pkey do update
        set smtp_code = excluded.smtp_code, refused_at = excluded.refused_at;
    elsif outcome = 'sent' then
        delete from app.refused_addresses r where r.account_id = tried.account_id;
    end if;
end $$;
grant execute on function app.delivery_tried(uuid, text, int) to ecopanier_worker;
