-- Note that Stripe is about to be asked for a reversal, and return what to ask; nulls if it is not to be asked.
-- Called by the worker (payouts.carry_reversal). Definer, because nobody may write reversals; only the worker may
-- execute it.
-- Locks: the reversal.
create or replace function app.reversal_asked(
    reversal uuid, out cents bigint, out stripe_transfer text, out asked_before timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    v accounting.reversals;
begin
    select x.* into v from accounting.reversals x where x.id = reversal and x.status = 'intended' for update;
    if not found then return; end if;
    asked_before := v.asked_at;
    update accounting.reversals x set asked_at = coalesce(x.asked_at, app.clock()) where x.id = v.id;
    select v.cents, t.stripe_transfer into cents, stripe_transfer
    from accounting.transfers t where t.id = v.transfer_id;
end $$;
grant execute on function app.reversal_asked(uuid) to ecopanier_worker;
