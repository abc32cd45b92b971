-- Note that Stripe certainly refused a reversal: the shop has been paid out. What it owes is netted from what comes.
-- Called by the worker (payouts.carry_reversal). Definer, because nobody may write reversals; only the worker may
-- execute it.
-- Locks: the reversal.
create or replace function app.reversal_refused(reversal uuid, code text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update accounting.reversals v set status = 'refused', refused_code = code
    where v.id = reversal and v.status = 'intended';
end $$;
grant execute on function app.reversal_refused(uuid, text) to ecopanier_worker;
