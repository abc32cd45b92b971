"""Refunds: whole or partial, and never more than was charged."""

from typing import Any

from scripts.stand_ins.stripe import books, objects
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_REASONS = {"duplicate", "fraudulent", "requested_by_customer"}


def create(call: Call) -> dict[str, Any]:
    params = Params(call.form, {"amount", "charge", "metadata", "payment_intent", "reason"})
    reason, metadata, asked = params.choice("reason", _REASONS), params.metadata(), params.integer("amount")
    if asked is not None and asked < 1:
        raise Refusal(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    charge = _charge_of(call, params)
    if any(_holds(dispute) for dispute in call.store.newest("dispute", equal={"$.charge": charge["id"]})):
        raise Refusal(
            400,
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            began=True,
        )
    left = charge["amount"] - charge["amount_refunded"]
    amount = asked or left
    if left == 0:
        raise Refusal(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", began=True
        )
    if amount > left:
        raise Refusal(
            400,
            f"Refund amount (€{amount / 100:.2f}) is greater than unrefunded amount on charge (€{left / 100:.2f})",
            param="amount",
            began=True,
        )
    charge = books.settle_now(call, charge)  # what was not counted as income yet cannot be given back
    refund = objects.refund(charge, amount=amount, reason=reason, metadata=metadata)
    available, _ = books.balances(call.store, None)
    waits = call.lacks_funds or (call.store.terms.refunds_need_funds and available < amount)
    if waits:
        refund |= {"status": "pending", "pending_reason": "insufficient_funds"}
    else:
        _pay(call, refund)
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.store.save(charge)
    call.store.save(refund)
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge, before)
    if waits:
        return refund
    card = refund["destination_details"]["card"]
    before = {"destination_details": {"card": {"reference_status": card["reference_status"]}}}
    card["reference_status"] = "available"
    call.store.save(refund)
    call.emit("refund.updated", refund, before)
    return refund


def retrieve(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    refund = call.store.find("refund", call.id)
    if refund is None:
        raise missing("refund", call.id)
    return refund


def _holds(dispute: dict[str, Any]) -> bool:
    """Return whether a dispute keeps its charge from being refunded: the payer has the money, or may get it.

    Of money that came back after the dispute was lost Stripe's documentation says nothing; here it can be refunded.
    """
    if dispute["status"] == "won" or dispute["status"].startswith("warning_"):
        return False
    lines = dispute["balance_transactions"]
    return not lines or sum(line["amount"] for line in lines) < 0


def complete(call: Call) -> dict[str, Any]:
    """Pay a refund that waited for funds."""
    refund = retrieve(call)
    if refund["status"] != "pending":
        raise Refusal(400, f"Refund {refund['id']} is {refund['status']}.")
    before = {"status": "pending"}
    refund |= {"status": "succeeded", "pending_reason": None}
    _pay(call, refund)
    call.store.save(refund)
    call.emit("refund.updated", refund, before)
    return refund


def _pay(call: Call, refund: dict[str, Any]) -> None:
    line = books.post(call, "refund", kind="refund", amount=-refund["amount"], source=refund["id"])
    refund["balance_transaction"] = line["id"]


def fail(call: Call) -> dict[str, Any]:
    """Let a refund fail that had succeeded, as when the bank of a closed card sends it back."""
    refund = retrieve(call)
    if refund["status"] == "failed":
        raise Refusal(400, f"Refund {refund['id']} has failed already.")
    charge = call.store.find("charge", refund["charge"])
    if charge is None:
        raise missing("charge", refund["charge"])
    before = {"status": refund["status"]}
    refund["status"], refund["failure_reason"] = "failed", "expired_or_canceled_card"
    if refund["balance_transaction"] is not None:
        line = books.post(call, "refund_failure", kind="refund_failure", amount=refund["amount"], source=refund["id"])
        refund["failure_balance_transaction"] = line["id"]
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    call.store.save(charge)
    call.store.save(refund)
    call.emit("refund.updated", refund, before)
    call.emit("refund.failed", refund)
    return refund


def _charge_of(call: Call, params: Params) -> dict[str, Any]:
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if charge_id is None:
        if intent_id is None:
            raise Refusal(
                400,
                "One of the following params should be provided for this request: payment_intent or charge.",
                code="parameter_missing",
            )
        intent = call.store.find("payment_intent", intent_id)
        if intent is None:
            raise missing("payment_intent", intent_id, param="payment_intent")
        charge_id = intent["latest_charge"] if intent["status"] == "succeeded" else None
        if charge_id is None:
            raise Refusal(
                400,
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
                param="payment_intent",
                began=True,
            )
    charge = call.store.find("charge", charge_id)
    if charge is None:
        raise missing("charge", charge_id, param="charge")
    if not charge["paid"]:
        raise Refusal(400, f"Charge {charge_id} is not paid.", param="charge", began=True)
    return charge
