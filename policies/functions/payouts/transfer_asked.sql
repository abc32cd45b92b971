-- Note that Stripe is about to be asked for a transfer, and return what to ask; nulls if it is not to be asked.
-- Called by the worker (payouts.carry_transfer). Stripe repeats its first answer to a key for a day, even a 500. So
-- `lost` asks with the next attempt's key, and may only be true once a look-up by `transfer_group` found nothing a day
-- after the question. It is then cancelled if less is due by now, such as after a refund: the next night begins another.
-- Definer, because nobody may write transfers; only the worker may execute it.
-- Locks: the transfer.
create or replace function app.transfer_asked(
    transfer uuid, lost boolean default false,
    out cents bigint, out stripe_account text, out attempt int, out asked_before timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    t accounting.transfers;
begin
    select x.* into t from accounting.transfers x where x.id = transfer and x.status = 'intended' for update;
    if not found then return; end if;
    if lost and t.asked_at < app.clock() - interval '24 hours' then
        if t.cents > app.shop_due_cents(t.shop_id) then
            update accounting.transfers x set status = 'cancelled' where x.id = t.id;
            return;
        end if;
        update accounting.transfers x set attempt = x.attempt + 1, asked_at = null where x.id = t.id returning x.* into t;
    end if;
    asked_before := t.asked_at;
    update accounting.transfers x set asked_at = coalesce(x.asked_at, app.clock()) where x.id = t.id;
    cents := t.cents; stripe_account := t.stripe_account; attempt := t.attempt;
end $$;
grant execute on function app.transfer_asked(uuid, boolean) to ecopanier_worker;
