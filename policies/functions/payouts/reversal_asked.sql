-- Note that Stripe is about to be asked for a reversal, and return what to ask; nulls if it is not to be asked.
-- Called by the worker (payouts.carry_reversal). Stripe repeats its first answer to a key for a day, even a 500. So `lost`
-- asks with the next attempt's key, and may only be true once a look at the transfer's reversals found nothing; the attempt
-- rises once a day has passed since the question. It is then cancelled if less is owed by now: the next night begins another.
-- Definer, because nobody may write reversals; only the worker may execute it.
-- Locks: the reversal.
create or replace function app.reversal_asked(
    reversal uuid, lost boolean default false,
    out cents bigint, out stripe_transfer text, out attempt int, out asked_before timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    v accounting.reversals;
begin
    select x.* into v from accounting.reversals x where x.id = reversal and x.status = 'intended' for update;
    if not found then return; end if;
    if lost and v.asked_at < app.clock() - interval '24 hours' then
        if v.cents > -app.shop_due_cents(v.shop_id) then
            update accounting.reversals x set status = 'cancelled' where x.id = v.id;
            return;
        end if;
        update accounting.reversals x set attempt = x.attempt + 1, asked_at = null where x.id = v.id returning x.* into v;
    end if;
    asked_before := v.asked_at;
    update accounting.reversals x set asked_at = coalesce(x.asked_at, app.clock()) where x.id = v.id;
    select v.cents, t.stripe_transfer, v.attempt into cents, stripe_transfer, attempt
    from accounting.transfers t where t.id = v.transfer_id;
end $$;
grant execute on function app.reversal_asked(uuid, boolean) to ecopanier_worker;
