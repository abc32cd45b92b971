"""Stripe's webhook."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from fastapi import Request
from fastapi.responses import Response

from backend.database.sessions import Database
from backend.http.routing import Router
from backend.payments.looks import LOOK_AT_INTENT
from backend.problems.problem import may_answer
from backend.stripe.client import Stripe
from backend.stripe.problems import WebhookDisabled, WebhookNotGenuine

router = Router(tags=["payments"])


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

    It may come from any of Stripe's endpoints: those for our account and for connected accounts send snapshots of
    objects, that for the v2 API sends thin events, which only name the object.

    The signature covers the raw body, so the body has no model here.
    """
    stripe = cast(Stripe, request.app.state.stripe)
    event = stripe.read_event(await request.body(), request.headers.get("stripe-signature"), datetime.now(UTC))
    jobs = cast(Mapping[str, tuple[str, ...]], request.app.state.stripe_looks).get(event.type, ())
    ours = event.account is None
    database = cast(Database, request.app.state.database)
    await database.acts.value(
        "store_stripe_event",
        event=event.id,
        event_type=event.type,
        object_id=event.object_id,
        account=event.account,
        intent=event.payment_intent_id if ours and LOOK_AT_INTENT in jobs else None,
        paid=event.paid,
        jobs=[job for job in jobs if job != LOOK_AT_INTENT],
    )
    return Response(status_code=204)
