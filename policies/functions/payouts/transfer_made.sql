-- Note that Stripe has made a transfer, and post it: the shop is owed that much less, and has it at Stripe.
-- Called by the worker (payouts.carry_transfer), as often as it likes.
-- Definer, because nobody may write transfers or postings; only the worker may execute it.
-- Locks: the transfer.
create or replace function app.transfer_made(transfer uuid, stripe_transfer text, payment text, made_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    t accounting.transfers;
begin
    update accounting.transfers x
    set status = 'made', stripe_transfer = transfer_made.stripe_transfer, stripe_payment = payment,
        made_at = transfer_made.made_at, refused_code = null
    where x.id = transfer and x.status = 'intended' returning x.* into t;
    if not found then return; end if;
    perform app.post_transfer('transfer', stripe_transfer, t.shop_id, t.cents, made_at);
end $$;
grant execute on function app.transfer_made(uuid, text, text, timestamptz) to ecopanier_worker;
