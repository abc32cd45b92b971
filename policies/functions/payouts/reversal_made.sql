-- Note that Stripe has taken back money from a shop, and post it.
-- Called by the worker (payouts.carry_reversal), as often as it likes.
-- Definer, because nobody may write reversals or postings; only the worker may execute it.
-- Locks: the reversal, the transfer.
create or replace function app.reversal_made(reversal uuid, stripe_reversal text, made_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    v accounting.reversals;
begin
    update accounting.reversals x
    set status = 'made', stripe_reversal = reversal_made.stripe_reversal, made_at = reversal_made.made_at,
        refused_code = null
    where x.id = reversal and x.status = 'intended' returning x.* into v;
    if not found then return; end if;
    update accounting.transfers t set reversed_cents = t.reversed_cents + v.cents where t.id = v.transfer_id;
    perform app.post_transfer('reversal', stripe_reversal, v.shop_id, v.cents, made_at);
end $$;
grant execute on function app.reversal_made(uuid, text, timestamptz) to ecopanier_worker;
