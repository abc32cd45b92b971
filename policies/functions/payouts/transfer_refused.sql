-- Note that Stripe certainly refused a transfer. It is asked anew the next night, with a key of its own, unless the
-- account cannot receive money any more: then the transfer is cancelled and its money stays due.
-- Called by the worker (payouts.carry_transfer). Definer, because nobody may write transfers; only the worker may execute it.
-- Locks: the transfer.
create or replace function app.transfer_refused(transfer uuid, code text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update accounting.transfers t
    set attempt = t.attempt + 1, asked_at = null, refused_code = code,
        status = case when a.state = 'active' then 'intended' else 'cancelled' end
    from app.payout_accounts a
    where t.id = transfer and t.status = 'intended' and a.shop_id = t.shop_id;
    if not found then  -- its shop was erased
        update accounting.transfers t set status = 'cancelled', refused_code = code
        where t.id = transfer and t.status = 'intended';
    end if;
end $$;
grant execute on function app.transfer_refused(uuid, text) to ecopanier_worker;
