"""Stripe's webhook."""

from datetime import UTC, datetime
from typing import cast

from fastapi import Request
from fastapi.responses import Response

from backend.database.sessions import Database
from backend.http.routing import Router
from backend.problems.problem import may_answer
from backend.stripe.client import Stripe
from backend.stripe.problems import WebhookDisabled, WebhookNotGenuine

router = Router(tags=["payments"])

# What these tell of is told by an event of the PaymentIntent, or changes no payment.
_TOLD_OTHERWISE = {"payment_intent.created", "charge.succeeded", "charge.failed", "charge.updated"}


@router.post(
    "/stripe/webhook",
    status_code=204,
    responses=may_answer(WebhookDisabled, WebhookNotGenuine),
    openapi_extra={
        "security": [],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"id": "evt_1", "type": "payment_intent.succeeded"},
                }
            },
        },
    },
)
async def stripe_webhook(request: Request) -> Response:
    """Receive an event from Stripe. It is stored once and handled after the answer 204.

    The signature covers the raw body, so the body has no model here.
    """
    stripe = cast(Stripe, request.app.state.stripe)
    event = stripe.read_event(await request.body(), request.headers.get("stripe-signature"), datetime.now(UTC))
    told = event.type.startswith(("payment_intent.", "charge.", "refund.")) and event.type not in _TOLD_OTHERWISE
    intent = event.payment_intent_id if told else None
    database = cast(Database, request.app.state.database)
    await database.acts.value(
        "store_stripe_event", event=event.id, event_type=event.type, intent=intent, paid=event.paid
    )
    return Response(status_code=204)
