"""Checkout Sessions: make, read and expire them, and the page on which they are paid, where no money moves."""

import html
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from scripts.stand_ins.stripe import checkout_objects, objects, payment_intents, subscriptions
from scripts.stand_ins.stripe.forms import Params
from scripts.stand_ins.stripe.operations import Call
from scripts.stand_ins.stripe.refusals import Refusal, missing

SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 3600
_CREATE = {
    "mode", "allowed_payment_method_types", "customer", "line_items", "success_url", "cancel_url", "expires_at",
    "locale", "metadata", "payment_intent_data", "subscription_data",
}  # fmt: skip
_CARDS = {
    "pm_card_visa": ("Payer", "Pay"),
    "pm_card_chargeDeclined": ("Payer avec une carte refusée", "Pay with a card that is declined"),
}


def create(call: Call) -> dict[str, Any]:
    params = Params(call.form, _CREATE)
    mode = params.required_text("mode")
    if mode not in ("payment", "subscription"):
        raise Refusal(400, "Invalid mode: only payment and subscription are supported here", param="mode")
    expires_at = params.integer("expires_at") or call.store.now() + LONGEST_SECONDS
    ahead = expires_at - call.store.now()
    if not SHORTEST_SECONDS <= ahead <= LONGEST_SECONDS:
        raise Refusal(
            400,
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    customer = params.text("customer")
    known = call.store.find("customer", customer) if customer is not None else None
    if customer is not None and (known is None or known["_deleted"]):
        raise missing("customer", customer, status=400, param="customer")
    name, amount, currency, interval = _sold(call.form.get("line_items"))
    if (mode == "subscription") != (interval is not None):
        raise Refusal(400, "A recurring price belongs to the mode subscription.", param="line_items")
    if mode == "payment":
        more: dict[str, Any] = {"metadata": Params(params.mapping("payment_intent_data"), {"metadata"}).metadata()}
    else:
        if customer is None:
            raise Refusal(400, "This stand-in makes subscriptions of a customer only.", param="customer")
        data = Params(params.mapping("subscription_data"), {"metadata", "trial_period_days"})
        more = {"metadata": data.metadata(), "trial_period_days": data.integer("trial_period_days")}
    session = checkout_objects.checkout_session(
        base=call.base,
        mode=mode,
        amount=0 if more.get("trial_period_days") else amount,
        currency=currency,
        name=name,
        interval=interval,
        customer=customer,
        success_url=params.required_text("success_url"),
        cancel_url=params.text("cancel_url"),
        expires_at=expires_at,
        locale=params.text("locale"),
        metadata=params.metadata(),
        allowed=params.texts("allowed_payment_method_types"),
        more={**more, "cents": amount},
    )
    call.store.save(session)
    return session


def retrieve(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    return _found(call)


def expire(call: Call) -> dict[str, Any]:
    Params(call.form, set())
    session = _found(call)
    if session["status"] != "open":
        raise Refusal(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`.",
            began=True,
        )
    return _expired(call, session)


def expire_what_is_due(call: Call) -> None:
    """Expire the sessions whose time is over, as Stripe does by itself."""
    for session in call.store.newest("checkout.session", equal={"$.status": "open"}):
        if session["expires_at"] <= call.store.now():
            _expired(call, session)


def _expired(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    session |= {"status": "expired", "url": None}
    call.store.save(session)
    intent = call.store.find("payment_intent", session["payment_intent"] or "")
    if intent is not None and intent["status"] in payment_intents.OPEN:
        intent |= {"status": "canceled", "canceled_at": objects.now(), "cancellation_reason": "automatic"}
        call.store.save(intent)
        call.emit("payment_intent.canceled", intent)
    call.emit("checkout.session.expired", session)
    return session


def _found(call: Call) -> dict[str, Any]:
    session = call.store.find("checkout.session", call.id)
    if session is None:
        raise missing("checkout.session", call.id, param="session")
    return session


def _sold(lines: Any) -> tuple[str, int, str, str | None]:
    """Return the name, amount, currency and interval, if it recurs, of the one line that a session has here."""
    try:
        (line,) = lines
        price = line["price_data"]
        amount = int(price["unit_amount"]) * int(line["quantity"])
        name, currency = price["product_data"]["name"], price["currency"]
        interval = price["recurring"]["interval"] if "recurring" in price else None
    except (KeyError, TypeError, ValueError):
        raise Refusal(400, "Invalid array: line_items needs one line with price_data", param="line_items") from None
    if amount < payment_intents.SMALLEST_AMOUNT:
        raise Refusal(
            400, "The Checkout Session's total amount must convert to at least 50 cents.", code="amount_too_small"
        )
    return str(name), amount, str(currency), interval


async def page(request: Request, call: Call) -> Response:
    """Show the page of a session, or take its form: pay with a card of which nothing is asked, or go back."""
    session = call.store.find("checkout.session", request.path_params["id"])
    if session is None or session["status"] == "expired":
        return HTMLResponse(frame("<h1>Cette page de paiement est fermée / This page is closed</h1>"), 410)
    back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    if session["status"] == "complete":
        return RedirectResponse(back, 303)
    if request.method != "POST":
        return HTMLResponse(_form(session))
    async with request.form(max_files=0, max_fields=5) as sent:
        card = str(sent.get("card", ""))
    if card not in _CARDS:
        return HTMLResponse(_form(session), 400)
    with call.store.transaction():
        declined = _paid(call, session, card)
    return HTMLResponse(_form(session, declined), 402) if declined else RedirectResponse(back, 303)


def _paid(call: Call, session: dict[str, Any], card: str) -> str | None:
    """Charge a card and complete the session; return why it was declined, or None. Inside a transaction."""
    if session["mode"] == "subscription":
        return _subscribed(call, session, card)
    intent = call.store.find("payment_intent", session["payment_intent"] or "")
    if intent is None:
        intent = objects.payment_intent(
            amount=session["amount_total"],
            currency=session["currency"],
            metadata=session["_more"]["metadata"],
            automatic_payment_methods=None,
            payment_method_types=["card"],
            description=None,
            receipt_email=None,
        )
        session["payment_intent"] = intent["id"]
        call.store.save(intent)
        call.store.save(session)
        call.emit("payment_intent.created", intent)
    try:
        payment_intents.charge(call, intent | {"payment_method": card})
    except Refusal as refusal:
        return str(refusal)
    session |= {"status": "complete", "payment_status": "paid", "url": None}
    call.store.save(session)
    call.emit("checkout.session.completed", session)
    return None


def _subscribed(call: Call, session: dict[str, Any], card: str) -> str | None:
    """Begin the subscription of a session; return why the card was declined, or None."""
    try:
        subscription, invoice = subscriptions.begin(
            call,
            customer=subscriptions.found(call, "customer", session["customer"]),
            cents=session["_more"]["cents"],
            interval=session["_interval"],
            name=session["_name"],
            more=session["_more"],
            card=card,
        )
    except Refusal as refusal:
        return str(refusal)
    session |= {
        "status": "complete",
        "payment_status": "paid" if invoice["amount_due"] else "no_payment_required",
        "url": None,
        "subscription": subscription["id"],
        "invoice": invoice["id"],
    }
    call.store.save(session)
    call.emit("checkout.session.completed", session)
    return None


def _form(session: Mapping[str, Any], declined: str | None = None) -> str:
    french = session["locale"] != "en"
    amount = f"{session['amount_total'] / 100:.2f}".replace(".", ",") + " €"
    said = "Aucun argent ne circule ici." if french else "No money moves here."
    buttons = "".join(
        f'<p><button name="card" value="{card}">{html.escape(names[0] if french else names[1])}</button></p>'
        for card, names in _CARDS.items()
    )
    back = html.escape(session["cancel_url"] or session["success_url"])
    return frame(
        f"<h1>{html.escape(session['_name'])}</h1><p><strong>{amount}</strong></p>"
        f"<p>{'Faux Stripe.' if french else 'A pretended Stripe.'} {said}</p>"
        + (f'<p role="alert"><strong>{html.escape(declined)}</strong></p>' if declined else "")
        + f'<form method="post">{buttons}</form>'
        f'<p><a href="{back}">{"Revenir sans payer" if french else "Go back without paying"}</a></p>',
        "fr" if french else "en",
    )


def frame(body: str, language: str = "fr") -> str:
    """Return a whole page around what it says."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        'content="light dark"><title>Paiement</title><style>body{max-width:30rem;margin:2rem auto;padding:0 1rem;'
        "font:1.125rem/1.5 sans-serif}button{min-height:3rem;padding:.5rem 1rem;font:inherit}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )
