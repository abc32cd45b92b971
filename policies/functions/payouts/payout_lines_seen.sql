-- Note which transfers an automatic payout consists of, as Stripe lists them.
-- Called by the worker (payouts.look_at_payout) once Stripe has reconciled the payout. `payments` are what the transfers
-- arrived as in the shop's balance, `cents` the amounts in the same order. A line that is none of ours is left out: the
-- payout's total tells of it.
-- Definer, because nobody may write payouts; only the worker may execute it.
create or replace function app.payout_lines_seen(payout text, payments text[], cents bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into accounting.payout_transfers (payout_id, transfer_id, cents)
    select payout, t.id, m.cents
    from unnest(payments, cents) as m (payment, cents)
    join accounting.transfers t on t.stripe_payment = m.payment
    join accounting.payouts p on p.id = payout and p.shop_id = t.shop_id
    on conflict do nothing;
end $$;
grant execute on function app.payout_lines_seen(text, text[], bigint[]) to ecopanier_worker;
