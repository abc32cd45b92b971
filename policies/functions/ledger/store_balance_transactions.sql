-- Store what Stripe says moved on a balance, each once, and post Stripe's fees; return how many were new.
-- Called by the worker (ledger.check) with pages of Stripe's list, which may overlap. `account` is the connected account,
-- empty for the platform's own balance. `lines` is a list of {id, net, fee, category, source, intent, created_at,
-- available_on}. Stripe's own bills (`fee`) and what moves between the platform's balance and its bank (`topup`, `payout`,
-- `payout_reversal`) are posted here, because no event tells of it. The fee of a dispute is posted with it (dispute_seen). Of a
-- connected account nothing is posted.
-- Definer, because nobody may write the ledger; only the worker may execute it. Locks: the rows in the order of ids.
create or replace function app.store_balance_transactions(account text, lines jsonb) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    one   record;
    added int := 0;
begin
    for one in
        select x.* from jsonb_to_recordset(lines) as x (
            id text, net bigint, fee bigint, category text, source text, intent text, created_at timestamptz,
            available_on timestamptz)
        order by x.id
    loop
        insert into accounting.stripe_balance_transactions
            (id, account, net, fee, category, source, intent, created_at, available_on, posting_id)
        values (one.id, nullif(account, ''), one.net, one.fee, one.category, one.source, one.intent, one.created_at,
                one.available_on,
                case when account <> '' then null
                     when one.category = 'fee' then app.post(
                         'stripe_fee', one.id, null, one.created_at,
                         array[app.ledger_account('fees'), app.ledger_account('stripe')],
                         array[-one.net - one.fee, one.net + one.fee])
                     when one.category in ('topup', 'payout', 'payout_reversal') then app.post(
                         'bank', one.id, null, one.created_at,
                         array[app.ledger_account('stripe'), app.ledger_account('bank')],
                         array[one.net + one.fee, -one.net - one.fee]) end)
        on conflict (id) do nothing;
        continue when not found;
        added := added + 1;
        if account = '' and one.category <> 'dispute' then
            perform app.post('fee', one.id, null, one.created_at,
                             array[app.ledger_account('fees'), app.ledger_account('stripe')], array[one.fee, -one.fee]);
        end if;
    end loop;
    return added;
end $$;
grant execute on function app.store_balance_transactions(text, jsonb) to ecopanier_worker;
