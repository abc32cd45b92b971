-- Note that Stripe certainly refused a reversal. If the shop's balance did not suffice, because the shop has been paid out, it is
-- asked anew the next night, with a key of its own, unless what came was netted by then. Refused for another reason, or after
-- the shop was erased, it is not tried again: what is owed is netted from what comes.
-- Called by the worker (payouts.carry_reversal). Definer, because nobody may write reversals; only the worker may
-- execute it.
-- Locks: the reversal.
create or replace function app.reversal_refused(reversal uuid, code text, lacks_funds boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update accounting.reversals v
    set attempt = v.attempt + 1, asked_at = null, refused_code = code,
        status = case when lacks_funds and exists (select from app.payout_accounts a where a.shop_id = v.shop_id)
                      then 'intended' else 'refused' end
    where v.id = reversal and v.status = 'intended';
end $$;
grant execute on function app.reversal_refused(uuid, text, boolean) to ecopanier_worker;
