"""Disputes, which the control door opens and decides: the money leaves the platform's balance and may come back."""

from typing import Any

from scripts.stand_ins.stripe import books, objects
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_EVIDENCE_SECONDS = 7 * 24 * 3600
_NO_EVIDENCE = (
    "access_activity_log", "appeal", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def retrieve(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    return _found(call)


def open_it(call: Call, *, payment_intent: str, cents: int | None = None, inquiry: bool = False) -> dict[str, Any]:
    """Let the payer's bank ask for a payment back, or for some cents of it. inquiry: only ask about it so far."""
    intent = call.store.find("payment_intent", payment_intent)
    charge = call.store.find("charge", (intent or {}).get("latest_charge") or "")
    if charge is None or not charge["paid"]:
        raise missing("payment_intent", payment_intent)
    charge = books.settle_now(call, charge)
    dispute = dispute_of(charge, charge["amount"] if cents is None else cents, call.store.now(), inquiry=inquiry)
    charge["disputed"] = True
    call.store.save(charge)
    call.store.save(dispute)
    call.emit("charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(call, dispute)
    return dispute


def decide(call: Call, outcome: str) -> dict[str, Any]:
    """Decide a dispute: `won` gives the money back, `lost` does not, `reinstated` gives it back after it was lost.

    `escalated` makes a dispute of an inquiry, `closed` ends an inquiry. Stripe keeps its fee in any case.
    """
    dispute = _found(call)
    inquiry = dispute["status"].startswith("warning_")
    open_now = not inquiry and dispute["status"] not in ("won", "lost")
    if outcome in ("won", "lost") and open_now:
        before = {"status": dispute["status"]}
        dispute["status"] = outcome
        call.store.save(dispute)
        if outcome == "won":
            _reinstate(call, dispute)
        call.emit("charge.dispute.closed", dispute, before)
    elif outcome == "reinstated" and dispute["status"] == "lost":
        _reinstate(call, dispute)
    elif outcome == "escalated" and inquiry:
        dispute |= {"status": "needs_response", "is_charge_refundable": False}
        call.store.save(dispute)
        _withdraw(call, dispute)
        call.emit("charge.dispute.updated", dispute)
    elif outcome == "closed" and inquiry:
        dispute["status"] = "warning_closed"
        call.store.save(dispute)
        call.emit("charge.dispute.closed", dispute)
    else:
        raise Refusal(400, f"A dispute that is {dispute['status']} is not {outcome}.")
    return dispute


def _withdraw(call: Call, dispute: dict[str, Any]) -> None:
    line = books.post(
        call,
        "dispute",
        kind="adjustment",
        amount=-dispute["amount"],
        fee=call.store.terms.dispute_fee_cents,
        source=dispute["id"],
        description=f"Chargeback withdrawal for {dispute['charge']}",
    )
    _add(call, dispute, line)
    call.emit("charge.dispute.funds_withdrawn", dispute)


def _reinstate(call: Call, dispute: dict[str, Any]) -> None:
    if sum(line["amount"] for line in dispute["balance_transactions"]) >= 0:
        raise Refusal(400, "The money of this dispute came back already.")
    line = books.post(
        call,
        "dispute_reversal",
        kind="adjustment",
        amount=dispute["amount"],
        source=dispute["id"],
        description=f"Chargeback reversal for {dispute['charge']}",
    )
    _add(call, dispute, line)
    call.emit("charge.dispute.funds_reinstated", dispute)


def _add(call: Call, dispute: dict[str, Any], line: dict[str, Any]) -> None:
    dispute["balance_transactions"].append(books.dated(line, call.store.now()))
    call.store.save(dispute)


def _found(call: Call) -> dict[str, Any]:
    dispute = call.store.find("dispute", call.id)
    if dispute is None:
        raise missing("dispute", call.id)
    return dispute


def dispute_of(charge: dict[str, Any], cents: int, created: int, *, inquiry: bool) -> dict[str, Any]:
    """Return a new dispute about a charge."""
    return {
        "id": objects.new_id("du"),
        "object": "dispute",
        "amount": cents,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": created,
        "currency": "eur",
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_NO_EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": created + _EVIDENCE_SECONDS,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": "fraudulent",
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
