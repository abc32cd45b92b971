"""All the money at once, so that a test can say «nobody was charged twice»."""

from typing import Any

from scripts.stripe_stand_in.store import Store


def ledger(store: Store) -> dict[str, Any]:
    """Every intent, charge and refund, oldest first, and per intent what was taken and given back (cents)."""
    intents, charges, refunds = (store.newest(kind)[::-1] for kind in ("payment_intent", "charge", "refund"))
    payments = []
    for intent in intents:
        taken = [charge for charge in charges if charge["payment_intent"] == intent["id"] and charge["paid"]]
        given_back = [refund for refund in refunds if refund["payment_intent"] == intent["id"]]
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
