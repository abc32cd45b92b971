"""Customers, subscriptions and their invoices: charged when the control door says that a month has passed."""

from typing import Any

from scripts.stand_ins.stripe import billing_objects, objects, payment_intents
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

_RETRY_SECONDS = 3 * 24 * 3600
ENDED = ("canceled", "incomplete_expired")


def create_customer(call: Call) -> dict[str, Any]:
    params = Params(call.form, {"email", "name", "metadata"})
    customer = billing_objects.customer(
        email=params.text("email"), name=params.text("name"), metadata=params.metadata(), created=call.store.now()
    )
    call.store.save(customer)
    call.emit("customer.created", customer)
    return customer


def retrieve_customer(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    customer = call.store.find("customer", call.id)
    if customer is None:
        raise missing("customer", call.id)
    return billing_objects.deleted_customer(call.id) if customer["_deleted"] else customer


def delete_customer(call: Call) -> dict[str, Any]:
    """Answer DELETE /v1/customers/{id}: what runs ends at once. Invoices stay."""
    Params(call.form, set())
    customer = found(call, "customer", call.id)
    for subscription in call.store.newest("subscription", equal={"$.customer": call.id}):
        if subscription["status"] not in ENDED:
            end(call, subscription, "cancellation_requested")
    call.emit("customer.deleted", customer)
    call.store.save(customer | {"email": None, "name": None, "_card": None, "_deleted": True})
    return billing_objects.deleted_customer(call.id)


def retrieve(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    return found(call, "subscription", call.id)


def retrieve_invoice(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    return found(call, "invoice", call.id)


def cancel(call: Call) -> dict[str, Any]:
    """Answer DELETE /v1/subscriptions/{id}: it ends at once."""
    subscription = found(call, "subscription", call.id)
    if subscription["status"] in ENDED:
        raise missing("subscription", call.id)
    return end(call, subscription, "cancellation_requested")


def found(call: Call, kind: str, id: str) -> dict[str, Any]:
    """Return an object of Billing. Raises Refusal, as for a customer that was deleted."""
    thing = call.store.find(kind, id)
    if thing is None or thing.get("_deleted"):
        raise missing(kind, id)
    return thing


def begin(
    call: Call, *, customer: dict[str, Any], cents: int, interval: str, name: str, more: dict[str, Any], card: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Begin a subscription with a card and return it with its first invoice. Raises Refusal if the card is declined.

    more: the metadata and the days of trial, in which nothing is charged.
    """
    now = call.store.now()
    trial_days = int(more.get("trial_period_days") or 0)
    if objects.TEST_PAYMENT_METHODS[card] is not None and not trial_days:
        code, _, message = objects.TEST_PAYMENT_METHODS[card] or ("", None, "")
        raise Refusal(402, message, kind="card_error", code=code)
    customer["_card"] = card
    call.store.save(customer)
    subscription = billing_objects.subscription(
        customer=customer["id"],
        cents=cents,
        interval=interval,
        name=name,
        metadata=more.get("metadata") or {},
        trial_end=now + trial_days * 24 * 3600 if trial_days else None,
        created=now,
    )
    call.store.save(subscription)
    call.emit("customer.subscription.created", subscription)
    invoice = _bill(call, subscription, "subscription_create", 0 if trial_days else cents)
    return found(call, "subscription", subscription["id"]), invoice


def renew(call: Call) -> dict[str, Any]:
    """Let the month or the trial of a subscription be over: it ends if that was asked for, or its next month is billed.

    The next month begins when the one before ended, but not later than now.
    """
    subscription = found(call, "subscription", call.id)
    if subscription["status"] in ENDED:
        raise Refusal(400, "This subscription has ended.")
    if subscription["cancel_at_period_end"]:
        return end(call, subscription, "cancellation_requested")
    item = subscription["items"]["data"][0]
    start = min(item["current_period_end"], call.store.now())
    item |= {"current_period_start": start, "current_period_end": billing_objects.a_month_after(start)}
    if subscription["status"] == "trialing":
        subscription |= {"status": "active", "trial_end": start}
    call.store.save(subscription)
    call.emit("customer.subscription.updated", subscription)
    _bill(call, subscription, "subscription_cycle", item["price"]["unit_amount"])
    return found(call, "subscription", subscription["id"])


def retry(call: Call) -> dict[str, Any]:
    """Charge the open invoice of a subscription again, as Stripe does after some days."""
    subscription = found(call, "subscription", call.id)
    invoice = found(call, "invoice", subscription["latest_invoice"] or "")
    if invoice["status"] != "open":
        raise Refusal(400, f"The latest invoice is {invoice['status']}.")
    _collect(call, subscription, invoice)
    return found(call, "subscription", subscription["id"])


def change(call: Call, act: str) -> dict[str, Any]:
    """Change a subscription as a person does in the dashboard or the portal, or as Stripe does in the end.

    `cancel_later` and `keep`: at the end of the month, or not after all. `cancel`: at once. `give_up`: Stripe ends what
    was not paid. `pause`, `resume`. `void`: give up the open invoice.
    """
    subscription = found(call, "subscription", call.id)
    if subscription["status"] in ENDED:
        raise Refusal(400, "This subscription has ended.")
    item = subscription["items"]["data"][0]
    if act in ("cancel", "give_up"):
        return end(call, subscription, "cancellation_requested" if act == "cancel" else "payment_failed")
    if act in ("cancel_later", "keep"):
        later = act == "cancel_later"
        subscription |= {
            "cancel_at_period_end": later,
            "cancel_at": item["current_period_end"] if later else None,
            "canceled_at": call.store.now() if later else None,
        }
    elif act in ("pause", "resume"):
        subscription["status"] = "paused" if act == "pause" else "active"
        call.emit(f"customer.subscription.{act}d", subscription)
    elif act == "void":
        invoice = found(call, "invoice", subscription["latest_invoice"] or "")
        invoice |= {"status": "void", "amount_remaining": 0, "next_payment_attempt": None}
        invoice["status_transitions"]["voided_at"] = call.store.now()
        call.store.save(invoice)
        call.emit("invoice.voided", invoice)
        subscription["status"] = "active"
    else:
        raise Refusal(400, f"no such act: {act}")
    call.store.save(subscription)
    call.emit("customer.subscription.updated", subscription)
    return subscription


def end(call: Call, subscription: dict[str, Any], reason: str) -> dict[str, Any]:
    """End a subscription at once. Its open invoice is not charged any more."""
    now = call.store.now()
    subscription |= {"status": "canceled", "ended_at": now, "canceled_at": subscription["canceled_at"] or now}
    subscription["cancellation_details"]["reason"] = reason
    call.store.save(subscription)
    invoice = call.store.find("invoice", subscription["latest_invoice"] or "")
    if invoice is not None and invoice["status"] == "open":
        invoice |= {"auto_advance": False, "next_payment_attempt": None}
        call.store.save(invoice)
    call.emit("customer.subscription.deleted", subscription)
    return subscription


def change_card(call: Call, card: str) -> dict[str, Any]:
    """Change a customer's card, to which the next attempts are charged."""
    if card not in objects.TEST_PAYMENT_METHODS:
        raise Refusal(400, f"no such card: {card}")
    customer = found(call, "customer", call.id) | {"_card": card}
    call.store.save(customer)
    call.emit("customer.updated", customer)
    return customer


def _bill(call: Call, subscription: dict[str, Any], reason: str, cents: int) -> dict[str, Any]:
    """Make the invoice of the current period and charge it."""
    customer, item = found(call, "customer", subscription["customer"]), subscription["items"]["data"][0]
    invoice = billing_objects.invoice(
        subscription=subscription,
        customer=customer,
        cents=cents,
        reason=reason,
        period=(item["current_period_start"], item["current_period_end"]),
        now=call.store.now(),
    )
    customer["next_invoice_sequence"] += 1
    subscription["latest_invoice"] = invoice["id"]
    for thing in (customer, subscription, invoice):
        call.store.save(thing)
    call.emit("invoice.created", invoice)
    call.emit("invoice.finalized", invoice)
    _collect(call, subscription, invoice)
    return found(call, "invoice", invoice["id"])


def _collect(call: Call, subscription: dict[str, Any], invoice: dict[str, Any]) -> None:
    """Charge an invoice to its customer's card; the subscription is active afterwards, or past due."""
    now, customer = call.store.now(), found(call, "customer", invoice["customer"])
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    failure = _charge(call, customer, invoice) if invoice["amount_due"] else None
    if failure is None:
        invoice |= {
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
        }
        invoice["status_transitions"]["paid_at"] = now
    else:
        invoice["next_payment_attempt"] = now + _RETRY_SECONDS
    call.store.save(invoice)
    if failure is None:
        call.emit("invoice.paid", invoice)
        call.emit("invoice.payment_succeeded", invoice)
    else:
        if failure == "authentication_required":
            call.emit("invoice.payment_action_required", invoice)
        call.emit("invoice.payment_failed", invoice)
    if subscription["status"] != "trialing":
        before = {"status": subscription["status"]}
        subscription["status"] = "active" if failure is None else "past_due"
        if before["status"] != subscription["status"]:
            call.store.save(subscription)
            call.emit("customer.subscription.updated", subscription, before)


def _charge(call: Call, customer: dict[str, Any], invoice: dict[str, Any]) -> str | None:
    """Charge an invoice with a PaymentIntent of its own; return the code of a decline, or None."""
    intent = objects.payment_intent(
        amount=invoice["amount_due"],
        currency="eur",
        metadata={},
        automatic_payment_methods=None,
        payment_method_types=["card"],
        description="Subscription update",
        receipt_email=None,
    ) | {"customer": customer["id"]}
    call.store.save(intent)
    call.emit("payment_intent.created", intent)
    declined: str | None = None
    try:
        payment_intents.charge(call, intent | {"payment_method": customer["_card"] or "pm_card_chargeDeclined"})
    except Refusal as refusal:
        declined = str(refusal.error.get("code"))
    payment = billing_objects.invoice_payment(
        invoice=invoice, intent=intent["id"], paid=declined is None, now=call.store.now()
    )
    invoice["_payments"] = [payment, *invoice["_payments"]]
    return declined
