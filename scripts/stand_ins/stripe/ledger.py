"""A summary of all money, so that a test can check that nobody was charged twice."""

from collections import defaultdict
from typing import Any

from scripts.stand_ins.stripe.store import Store


def ledger(store: Store) -> dict[str, Any]:
    """Return all intents, charges and refunds, oldest first, and per intent the cents charged and refunded."""
    intents, charges, refunds = (store.newest(kind)[::-1] for kind in ("payment_intent", "charge", "refund"))
    charges = [charge for charge in charges if "_account" not in charge]  # others are transfers that arrived
    taken_for, given_back_for = _by_intent(charges), _by_intent(refunds)
    payments = []
    for intent in intents:
        taken = [charge for charge in taken_for[intent["id"]] if charge["paid"]]
        given_back = [refund for refund in given_back_for[intent["id"]] if refund["status"] != "failed"]
        payments.append(
            {
                "payment_intent": intent["id"],
                "status": intent["status"],
                "metadata": intent["metadata"],
                "amount_cents": intent["amount"],
                "charges": len(taken),
                "charged_cents": sum(charge["amount"] for charge in taken),
                "refunds": len(given_back),
                "refunded_cents": sum(refund["amount"] for refund in given_back),
            }
        )
    return {"payments": payments, "payment_intents": intents, "charges": charges, "refunds": refunds}


def _by_intent(things: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for thing in things:
        found[thing["payment_intent"]].append(thing)
    return found
