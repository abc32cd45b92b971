"""PaymentIntents: create, confirm and cancel them, and settle the slow ones later."""

import contextlib
import re
import time
from typing import Any

from scripts.stand_ins.stripe import books, objects
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing, unexpected_state

SMALLEST_AMOUNT = 50  # cents: Stripe's minimum in euros
LARGEST_AMOUNT = 99_999_999

_CREATE = {
    "amount", "automatic_payment_methods", "capture_method", "confirm", "currency", "description", "metadata",
    "payment_method", "payment_method_types", "receipt_email", "return_url",
}  # fmt: skip
_CONFIRM = {"client_secret", "payment_method", "receipt_email", "return_url", "use_stripe_sdk"}
_CANCELLATION_REASONS = {"duplicate", "fraudulent", "requested_by_customer", "abandoned"}
OPEN = {"requires_payment_method", "requires_confirmation", "requires_action"}


def create(call: Call) -> dict[str, Any]:
    params = Params(call.form, _CREATE)
    amount = params.required_integer("amount")
    currency = params.required_text("currency").lower()
    if amount < 1:
        raise Refusal(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount < SMALLEST_AMOUNT:
        raise Refusal(400, "Amount must be at least €0.50 eur", code="amount_too_small", param="amount")
    if amount > LARGEST_AMOUNT:
        raise Refusal(400, "Amount must be no more than €999,999.99", code="amount_too_large", param="amount")
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise Refusal(400, f"Invalid currency: {currency}.", param="currency")
    params.choice("capture_method", {"automatic", "automatic_async"})
    intent = objects.payment_intent(
        amount=amount,
        currency=currency,
        metadata=params.metadata(),
        automatic_payment_methods=_automatic(params),
        payment_method_types=params.texts("payment_method_types") or ["card"],
        description=params.text("description"),
        receipt_email=params.text("receipt_email"),
    )
    call.store.save(intent)
    call.emit("payment_intent.created", intent)
    if params.flag("confirm"):
        return _confirmed(call, intent, params)
    return intent


def _automatic(params: Params) -> dict[str, Any] | None:
    wanted = params.mapping("automatic_payment_methods")
    if params.texts("payment_method_types"):
        return None
    redirects = wanted.get("allow_redirects", "always")
    if redirects not in ("always", "never"):
        raise Refusal(400, "Invalid allow_redirects: must be one of always, never", param="automatic_payment_methods")
    return {"allow_redirects": redirects, "enabled": wanted.get("enabled", "true") == "true"}


def retrieve(call: Call) -> dict[str, Any]:
    return _found(call, Params(call.form, {"client_secret"}))


def confirm(call: Call) -> dict[str, Any]:
    params = Params(call.form, _CONFIRM)
    return _confirmed(call, _found(call, params), params)


def cancel(call: Call) -> dict[str, Any]:
    params = Params(call.form, {"cancellation_reason"})
    reason = params.choice("cancellation_reason", _CANCELLATION_REASONS)
    intent = _found(call, params)
    if intent["status"] not in OPEN:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_capture, "
            "requires_confirmation, requires_action, processing.",
            intent,
        )
    intent |= {"status": "canceled", "canceled_at": objects.now(), "cancellation_reason": reason}
    call.store.save(intent)
    call.emit("payment_intent.canceled", intent)
    return intent


def _found(call: Call, params: Params) -> dict[str, Any]:
    """Return the intent in the path. A publishable key needs its client_secret too."""
    intent = call.store.find("payment_intent", call.id)
    secret = call.form.get("client_secret")
    if intent is None:
        raise missing("payment_intent", call.id, param="intent")
    if call.publishable and secret is None:
        raise Refusal(
            403,
            "This API call cannot be made with a publishable API key. Please use a secret API key, or pass the "
            "client_secret of this PaymentIntent.",
            code="secret_key_required",
        )
    if secret is not None and params.text("client_secret") != intent["client_secret"]:
        raise Refusal(
            400,
            "The client_secret provided does not match the client_secret associated with this PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
        )
    return intent


def _confirmed(call: Call, intent: dict[str, Any], params: Params) -> dict[str, Any]:
    method = params.text("payment_method") or intent["payment_method"]
    if intent["status"] not in OPEN:
        already = "already succeeded after being previously confirmed" if intent["status"] == "succeeded" else None
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it has "
            + (f"{already}." if already else f"a status of {intent['status']}."),
            _shown(intent, call),
        )
    if method is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update the PaymentIntent "
            "with a payment method and then confirm it again.",
            _shown(intent, call),
        )
    if method not in objects.TEST_PAYMENT_METHODS:
        raise missing("PaymentMethod", method, status=400, param="payment_method")
    automatic = intent["automatic_payment_methods"] or {}
    may_redirect = automatic.get("enabled") and automatic["allow_redirects"] == "always"
    if may_redirect and params.text("return_url") is None:
        raise Refusal(
            400,
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. If "
            "you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating the PaymentIntent.",
        )
    if call.processing_seconds is not None:
        intent |= {"status": "processing", "payment_method": method}
        call.store.save(intent)
        _settle_later(call, intent, call.processing_seconds)
        call.emit("payment_intent.processing", intent)
        return _shown(intent, call)
    return charge(call, intent | {"payment_method": method})


def charge(call: Call, intent: dict[str, Any]) -> dict[str, Any]:
    """Charge the intent's payment method and return the intent. Raises Refusal if the card is declined."""
    failure = objects.TEST_PAYMENT_METHODS[intent["payment_method"]]
    tried = objects.charge(intent, failure)
    tried["created"] += call.store.ahead_seconds
    call.store.save(tried)
    if failure is None:
        intent |= {
            "status": "succeeded",
            "latest_charge": tried["id"],
            "amount_received": intent["amount"],
            "last_payment_error": None,
        }
        call.store.save(intent)
        call.emit("charge.succeeded", tried)
        call.emit("payment_intent.succeeded", intent)
        books.charged(call, tried)
        return _shown(intent, call)

    code, decline, message = failure
    more: dict[str, Any] = {"charge": tried["id"]} | ({"decline_code": decline} if decline else {})
    refusal = Refusal(402, message, kind="card_error", code=code, param="payment_method", began=True, **more)
    intent |= {
        "status": "requires_payment_method",
        "latest_charge": tried["id"],
        "payment_method": None,
        "last_payment_error": dict(refusal.error),
    }
    call.store.save(intent)
    call.emit("charge.failed", tried)
    call.emit("payment_intent.payment_failed", intent)
    refusal.error["payment_intent"] = _shown(intent, call)
    raise refusal


def _shown(intent: dict[str, Any], call: Call) -> dict[str, Any]:
    """Return the intent, without its metadata for a publishable key."""
    return {key: value for key, value in intent.items() if key != "metadata"} if call.publishable else intent


SETTLEMENTS = "create table if not exists settlements (intent text primary key, due real not null);"


def _settle_later(call: Call, intent: dict[str, Any], seconds: float) -> None:
    call.store.db.execute("insert into settlements values (?, ?)", (intent["id"], time.time() + seconds))


def settle_what_is_due(call: Call) -> None:
    """Let the `processing` intents that are due succeed or fail."""
    for row in call.store.db.execute("select intent from settlements where due <= ?", (time.time(),)).fetchall():
        call.store.db.execute("delete from settlements where intent = ?", (row["intent"],))
        intent = call.store.find("payment_intent", row["intent"])
        if intent is not None:
            # A decline is recorded on the intent, and nobody waits for an answer.
            with contextlib.suppress(Refusal):
                charge(call, intent)
