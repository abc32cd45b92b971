-- Decide who bears a lost dispute: the platform, which bears it until then, or the shop.
-- Called by POST /v1/admin/disputes/{dispute_id}/decide, as an admin. If the shop bears it, what it earned by the disputed
-- payment is taken back from it in the night, commission and VAT with it, and the platform's loss is made good.
-- Definer, because nobody may write disputes or postings. Only an admin gets through.
-- What is still held for the sale, because its lot is not closed yet, is taken first.
-- Locks: the sale's posting, the dispute, as dispute_seen does.
create or replace function app.decide_dispute(dispute text, bearer text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    d    accounting.disputes;
    lost bigint;
    left_of_sale bigint;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    -- A refund, the closing of its lot and dispute_seen lock the sale's posting first too; what they did is seen below.
    perform from accounting.postings p join accounting.disputes x on x.reservation_id = p.reservation_id
    where p.kind = 'sale' and x.id = dispute for no key update of p;
    select x.* into d from accounting.disputes x where x.id = dispute for update;
    if not found then raise exception 'dispute.not_found' using errcode = 'EP404'; end if;
    if d.status <> 'lost' or d.borne_by = 'shop' or bearer = 'shop' and d.shop_id is null then
        raise exception 'dispute.not_lost' using errcode = 'EP409';
    end if;
    if bearer = 'shop' then
        lost := app.dispute_loss(d.id, d.reservation_id);
        -- What was refunded already is no longer the shop's, so the shop cannot bear it.
        select coalesce(-sum(n.cents), 0) into left_of_sale
        from accounting.postings p join accounting.lines n on n.posting_id = p.id
        join accounting.ledger_accounts a on a.id = n.account_id
        where p.reservation_id = d.reservation_id and a.kind in ('held', 'suspended', 'shop', 'commission', 'vat');
        lost := least(lost, left_of_sale);
        if lost <= 0 then raise exception 'dispute.not_lost' using errcode = 'EP409'; end if;
        perform app.post_refund(d.reservation_id, 'dispute_borne', d.id, lost, app.clock(), 'losses', 'dispute');
    end if;
    update accounting.disputes x set borne_by = bearer where x.id = d.id;
    perform app.note('dispute.decided', 'shop', d.shop_id, jsonb_build_object('dispute', d.id, 'borne_by', bearer));
end $$;
grant execute on function app.decide_dispute(text, text) to authenticated;
