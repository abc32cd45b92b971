"""The money of a side: payments, subscriptions, payouts, closed lots with their papers, and a fund."""

from uuid import UUID, uuid4

from tests.town import Shop, Town


async def kept_payments(town: Town) -> None:
    """Add a payment that accounting keeps, its correction, and an erased shop."""
    await town.changes(
        "insert into accounting.payments (payment_id, paid_at, amount_cents, refunded_cents, status,"
        " stripe_payment_intent, shop_siret, lot_category, moved_at)"
        " values ($1, now(), 400, 0, 'succeeded', 'pi_x', '73282932000074', 'bakery', now())",
        uuid4(),
    )
    await town.changes(
        "insert into accounting.corrections (payment_id, refunded_cents, noted_at)"
        " select payment_id, 400, now() from accounting.payments"
    )
    await town.changes(
        "insert into accounting.erased_shops (shop_id, siret, erased_at) values ($1, '73282932000074', now())", uuid4()
    )


async def premium(town: Town, shop: Shop) -> None:
    """Subscribe the shop's merchant to Premium, pay a month of it, and refund some."""
    mark = uuid4().hex
    await town.changes(
        "insert into app.subscriptions (account_id, customer, subscription, status, cents, begun_at, period_ends_at,"
        " looked_at) values ($1, $2, $2, 'active', 2399, now(), now() + interval '1 month', now())",
        shop.merchant.id,
        mark,
    )
    await town.changes(
        "insert into accounting.billed_periods (invoice, intent, shop_id, first_day, last_day, net_cents, vat_cents,"
        " paid_at) values ($1, $1, $2, current_date, current_date, 1999, 400, now())",
        mark,
        shop.id,
    )
    await town.changes(
        "insert into accounting.billed_refunds (refund, invoice, cents, net_cents, refunded_at)"
        " values ($1, $1, 12, 10, now())",
        mark,
    )


async def paid_out(town: Town, shop: Shop, lot: UUID) -> None:
    """Transfer what a closed lot came to, reverse it, pay it out, and dispute a payment."""
    mark = uuid4().hex
    await town.changes(
        "insert into app.payout_accounts (shop_id, stripe_account, state) values ($1, $2, 'active')",
        shop.id,
        f"acct_{mark}",
    )
    transfer = await town.value(
        "insert into accounting.transfers (shop_id, stripe_account, cents, status, stripe_transfer, made_at)"
        " values ($1, $2, 351, 'made', $3, now()) returning id",
        shop.id,
        f"acct_{mark}",
        f"tr_{mark}",
    )
    await town.changes("insert into accounting.transfer_lots values ($1, $2, 351)", transfer, lot)
    await town.changes(
        "insert into accounting.reversals (transfer_id, shop_id, cents) values ($1, $2, 351)", transfer, shop.id
    )
    await town.changes(
        "insert into accounting.payouts values ($1, $2, 351, 'paid', now(), now(), now())", mark, shop.id
    )
    await town.changes("insert into accounting.payout_transfers values ($1, $2, 351)", mark, transfer)
    await town.changes(
        "insert into accounting.disputes (id, shop_id, cents, status, reason, opened_at, looked_at)"
        " values ($1, $2, 399, 'lost', 'fraudulent', now(), now())",
        mark,
        shop.id,
    )


async def closed_lot(town: Town, shop: Shop) -> UUID:
    """Close a lot of the shop, and correct it; return the lot."""
    lot = uuid4()
    earned, refund = [
        await town.value(
            "select app.post($1, $2, $3, now(), array[app.ledger_account($4), app.ledger_account('shop', $5)],"
            " '{399,-399}')",
            kind,
            str(uuid4()),
            uuid4(),
            account,
            shop.id,
        )
        for kind, account in (("earned", "held"), ("refund", "stripe"))
    ]
    await town.changes(
        "insert into accounting.stripe_balance_transactions"
        " values ($1, null, -399, 0, 'refund', 're_1', 'pi_1', now(), now(), $2)",
        f"txn_{uuid4().hex}",
        refund,
    )
    await town.changes("insert into accounting.balances_read values ('', now()) on conflict do nothing")
    await town.changes(
        "with made as (insert into accounting.ledger_checks (checked_at, lines, differences) values (now(), 1, 1)"
        " returning id) insert into accounting.ledger_differences"
        " select id, 1, 'unknown', 'txn_1', null, null, 1 from made"
    )
    await town.changes(
        "insert into accounting.closed_lots values ($1, $2, 'Panier', now(), now(), 1, 399, 40, 8, 351)", lot, shop.id
    )
    await town.changes(
        "insert into accounting.closed_lot_corrections (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents,"
        " net_cents, reason, posting_id, earned_id) values ($1, $2, now(), -399, -40, -8, -351, 'refund', $3, $4)",
        lot,
        shop.id,
        refund,
        earned,
    )
    # A receipt, an invoice, and a statement that is not printed yet.
    papers = [
        await town.value(
            "insert into accounting.documents (kind, number, source, shop_id, first_day, last_day, issued_at, contents,"
            " sha256, bytes, stored_at) values ($1, $2, $3, $4, '2026-11-01', '2026-11-30', now(), '{}',"
            " case when $5 then repeat('0', 64) end, case when $5 then 1 end, case when $5 then now() end)"
            " returning id",
            kind,
            str(uuid4()) if kind == "invoice" else None,
            str(uuid4()),
            shop.id,
            kind != "statement",
        )
        for kind in ("receipt", "invoice", "statement")
    ]
    await town.changes("insert into accounting.document_numbers values ('F', 2026, 1, now()) on conflict do nothing")
    await town.changes("insert into accounting.stated_lots values ($1, $2)", lot, papers[2])
    await town.changes(
        "insert into accounting.stated_corrections select id, $2 from accounting.closed_lot_corrections"
        " where lot_id = $1",
        lot,
        papers[2],
    )
    await town.changes("insert into accounting.stated_postings values ($1, $2)", refund, papers[2])
    return lot


async def fund(town: Town, organisation: UUID, shop: Shop) -> None:
    """Make a fund with a statement, a grant and a correction."""
    fund = await town.value(
        "insert into app.funds (organisation_id, name, ceiling_cents, left_cents, first_day, last_day, territory_code,"
        " per, rate_cents, created_at) values ($1, 'Paniers', 1000, 1000, current_date, current_date, 'FR', 'portion',"
        " 150, now()) returning id",
        organisation,
    )
    statement = uuid4()
    await town.changes(
        "insert into accounting.fund_statements (id, fund_id, month, granted_cents, granted_so_far_cents,"
        " returned_cents, left_cents, contents, issued_at) values ($1, $2, '2026-11-01', 0, 0, 0, 1000, '{}', now())",
        statement,
        fund,
    )
    await town.changes(
        "insert into accounting.fund_lines values ($1, $2, '73282932000074', 'Boulangerie', 1, 500, 150, false)",
        statement,
        shop.id,
    )
    await town.changes(
        "insert into accounting.grants values (gen_random_uuid(), $1, $2, 1, 500, 150, now())", fund, shop.id
    )
    await town.changes(
        "insert into accounting.grant_corrections (fund_id, shop_id, portions, grams, cents, reason, at)"
        " values ($1, $2, -1, -500, -150, '-', now())",
        fund,
        shop.id,
    )
