"""The money itself: every change of a balance is a balance transaction, and a balance is nothing but their sum."""

import time
from typing import Any

from scripts.stand_ins.stripe import objects
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.store import Store

_SUMS = """
select coalesce(sum(iif(json_extract(body, '$.available_on') <= ?, json_extract(body, '$.net'), 0)), 0) as available,
       coalesce(sum(json_extract(body, '$.net')), 0) as total
from objects where kind = 'balance_transaction' and json_extract(body, '$._account') is ?
"""
UNSETTLED = "create table if not exists unsettled (charge text primary key, due real not null);"
_FEES = {"charge": "Stripe processing fees", "dispute": "Dispute fee"}


def post(
    call: Call,
    category: str,
    *,
    kind: str,
    amount: int,
    source: str,
    account: str | None = None,
    fee: int = 0,
    available_on: int | None = None,
    description: str | None = None,
) -> dict[str, Any]:
    """Change a balance by an amount less a fee, in cents, and return the balance transaction.

    category: Stripe's reporting category. kind: its type. account: a connected one; None: the platform.
    """
    made = call.store.now()
    line = {
        "id": objects.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": made if available_on is None else available_on,
        "balance_type": "payments",
        "created": made,
        "currency": "eur",
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": "eur",
                "description": _FEES.get(category),
                "type": "stripe_fee",
            }
        ]
        if fee
        else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "type": kind,
    }
    if account is not None:
        line["_account"] = account
    call.store.save(line)
    return line


def balances(store: Store, account: str | None) -> tuple[int, int]:
    """Return what is available and what is pending in a balance, in cents."""
    row = store.db.execute(_SUMS, (store.now(), account)).fetchone()
    return row["available"], row["total"] - row["available"]


def dated(line: dict[str, Any], now: int) -> dict[str, Any]:
    """Return a balance transaction with its status at this moment."""
    return line | {"status": "available" if line["available_on"] <= now else "pending"}


def charged(call: Call, charge: dict[str, Any]) -> None:
    """Take the money of a charge that succeeded: now, or after a while in which its balance transaction is null."""
    if call.store.terms.settled_after_seconds > 0:
        due = time.time() + call.store.terms.settled_after_seconds
        call.store.db.execute("insert into unsettled values (?, ?)", (charge["id"], due))
    else:
        _settle(call, charge)


def settle_what_is_due(call: Call) -> None:
    """Make the balance transactions of the charges that have waited long enough."""
    for row in call.store.db.execute("select charge from unsettled where due <= ?", (time.time(),)).fetchall():
        charge = call.store.find("charge", row["charge"])
        if charge is not None:
            settle_now(call, charge)


def settle_now(call: Call, charge: dict[str, Any]) -> dict[str, Any]:
    """Make the balance transaction of a charge that waits for it; return the charge."""
    waited = call.store.db.execute(
        "delete from unsettled where charge = ? returning charge", (charge["id"],)
    ).fetchall()
    if waited:
        _settle(call, charge)
    return charge


def _settle(call: Call, charge: dict[str, Any]) -> None:
    line = post(
        call,
        "charge",
        kind="charge",
        amount=charge["amount"],
        source=charge["id"],
        fee=call.store.terms.fee_of(charge["amount"]),
        available_on=call.store.now() + call.store.terms.available_after_seconds,
    )
    charge["balance_transaction"] = line["id"]
    call.store.save(charge)
    call.emit("charge.updated", charge, {"balance_transaction": None})


def available_on(call: Call, charge: dict[str, Any]) -> int:
    """Return when the money of a charge becomes available."""
    line = call.store.find("balance_transaction", charge["balance_transaction"] or "")
    return int(line["available_on"]) if line is not None else call.store.now()


def balance(call: Call) -> dict[str, Any]:
    """Answer GET /v1/balance."""
    available, pending = balances(call.store, call.account)
    return {
        "object": "balance",
        "available": [_part(available)],
        "connect_reserved": [_part(0)],
        "instant_available": None,
        "issuing": None,
        "livemode": False,
        "pending": [_part(pending)],
        "refund_and_dispute_prefunding": None,
    }


def _part(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "eur", "source_types": {"card": cents}}


def books(store: Store) -> dict[str, Any]:
    """Return every balance and balance transaction, the oldest first, so that a test can compare a ledger with them."""
    lines = store.newest("balance_transaction")[::-1]
    accounts = [account["id"] for account in store.newest("v2.core.account")[::-1]]
    return {
        "platform": _book(store, None, lines),
        "accounts": {account: _book(store, account, lines) for account in accounts},
    }


def _book(store: Store, account: str | None, lines: list[dict[str, Any]]) -> dict[str, Any]:
    available, pending = balances(store, account)
    mine = [objects.shown(dated(line, store.now())) for line in lines if line.get("_account") == account]
    return {"available_cents": available, "pending_cents": pending, "balance_transactions": mine}
