"""Stripe's objects, with the fields that its SDK and EcoPanier read."""

import secrets
import string
import time
from datetime import UTC, datetime
from typing import Any

API_VERSION = "2026-10-28.endive"
STATEMENT_DESCRIPTOR = "ECOPANIER"

# The result of each of Stripe's test payment methods: None if it succeeds, else (code, decline_code, message).
TEST_PAYMENT_METHODS: dict[str, tuple[str, str | None, str] | None] = {
    "pm_card_visa": None,
    "pm_card_mastercard": None,
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": (
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    "pm_card_authenticationRequired": (
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", None, "Your card has expired."),
}


def new_id(prefix: str) -> str:
    return f"{prefix}_" + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24))


def now() -> int:
    """Return the seconds since 1970, the format of all times in Stripe's API."""
    return int(time.time())


def written(seconds: int) -> str:
    """Return a time in the format of the v2 API."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def shown(thing: Any) -> Any:
    """Return an object without the fields that are ours, whose names begin with an underscore."""
    if isinstance(thing, list):
        return [shown(one) for one in thing]
    if not isinstance(thing, dict):
        return thing
    return {
        name: value if name == "metadata" else shown(value) for name, value in thing.items() if not name.startswith("_")
    }


def payment_intent(
    *,
    amount: int,
    currency: str,
    metadata: dict[str, str],
    automatic_payment_methods: dict[str, Any] | None,
    payment_method_types: list[str],
    description: str | None,
    receipt_email: str | None,
) -> dict[str, Any]:
    id = new_id("pi")
    return {
        "id": id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic_payment_methods,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{id}_secret_{secrets.token_hex(12)}",
        "confirmation_method": "automatic",
        "created": now(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": description,
        "excluded_payment_method_types": None,
        "hooks": {"inputs": {"tax": None}},
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_details": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": payment_method_types,
        "payment_record": None,
        "presentment_details": None,
        "processing": None,
        "receipt_email": receipt_email,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(intent: dict[str, Any], failure: tuple[str, str | None, str] | None) -> dict[str, Any]:
    """Return an attempt to charge the intent's whole amount, which succeeded or (with `failure`) was declined."""
    paid = failure is None
    code, decline, message = failure or (None, None, None)
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "authorization_code": "123456" if paid else None,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": STATEMENT_DESCRIPTOR,
        "captured": paid,
        "created": now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": code,
        "failure_message": message,
        "fraud_details": {},
        "level3": None,
        "livemode": False,
        "metadata": intent["metadata"],
        "on_behalf_of": None,
        "outcome": {
            "advice_code": None if paid else "try_again_later",
            "network_advice_code": None,
            "network_decline_code": None if paid else "05",
            "network_status": "approved_by_network" if paid else "declined_by_network",
            "reason": decline or code,
            "risk_level": "normal",
            "risk_score": 20,
            "rule": None,
            "seller_message": "Payment complete." if paid else message,
            "type": "authorized" if paid else "issuer_declined",
        },
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {
            "card": _card(intent["amount"]),
            "type": "card",
        },
        "presentment_details": None,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer": None,
        "transfer_data": None,
        "transfer_group": None,
    }


def _card(amount: int) -> dict[str, Any]:
    """Return what a charge says of the card."""
    unavailable = {"status": "unavailable"}
    return {
        "amount_authorized": amount,
        "authorization_code": "123456",
        "brand": "visa",
        "capture_before": None,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "FR",
        "description": None,
        "electronic_commerce_indicator": None,
        "exp_month": 12,
        "exp_year": 2040,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": "Xt5EWLLDS7FJjR1c",
        "funding": "credit",
        "iin": None,
        "incremental_authorization": unavailable,
        "installments": None,
        "issuer": None,
        "last4": "4242",
        "mandate": None,
        "moto": None,
        "multicapture": unavailable,
        "network": "visa",
        "network_token": {"used": False},
        "network_transaction_id": "123456789012345",
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "setup_credential_usage": None,
        "stored_credential_usage": None,
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


def incoming_payment(transfer: dict[str, Any]) -> dict[str, Any]:
    """Return the payment that a transfer becomes at the connected account."""
    as_if_paid = {
        "id": None, "amount": transfer["amount"], "currency": "eur", "description": None, "metadata": {},
        "payment_method": None, "receipt_email": None, "customer": None,
    }  # fmt: skip
    return charge(as_if_paid, None) | {
        "id": new_id("py"),
        "payment_method_details": {"stripe_account": {}, "type": "stripe_account"},
        "source_transfer": transfer["id"],
    }


def refund(charge: dict[str, Any], *, amount: int, reason: str | None, metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "description": None,
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "failure_balance_transaction": None,
        "failure_reason": None,
        "instructions_email": None,
        "metadata": metadata,
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": None,
        "presentment_details": None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def event(
    kind: str,
    thing: dict[str, Any],
    *,
    account: str | None,
    previous: dict[str, Any] | None = None,
    request_id: str | None,
    idempotency_key: str | None,
) -> dict[str, Any]:
    """Return an event with the object as it was at that moment. request_id: None for what Stripe did by itself."""
    of_account = {"account": account, "_account": account} if account is not None else {}
    return of_account | {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "context": account,
        "created": now(),
        "data": {"object": thing} if previous is None else {"object": thing, "previous_attributes": previous},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }


def thin_event(
    kind: str, thing: dict[str, Any], *, request_id: str | None, idempotency_key: str | None
) -> dict[str, Any]:
    """Return an event of the v2 API about an object of that API."""
    request = {"id": request_id, "idempotency_key": idempotency_key or ""}
    return {
        "id": new_id("evt"),
        "object": "v2.core.event",
        "context": None,
        "created": written(now()),
        "livemode": False,
        "reason": {"request": request, "type": "request"} if request_id is not None else None,
        "related_object": {"id": thing["id"], "type": thing["object"], "url": f"/v2/core/accounts/{thing['id']}"},
        "type": kind,
        "_created": now(),
    }
