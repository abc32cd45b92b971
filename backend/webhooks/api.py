"""Webhooks over HTTP: owners of shops and associations keep the endpoints of their own."""

from typing import Annotated
from uuid import UUID

import limits
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import WHICH
from backend.database.sessions import SignedIn, caller_in, signed_in_as
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.problems.problem import language_of, may_answer
from backend.settings import settings
from backend.shops.problems import ShopNotFound
from backend.webhooks import actions, queries
from backend.webhooks.problems import (
    TooManyWebhookEndpoints,
    WebhookDeliveryNotFound,
    WebhookEndpointNotFound,
    WebhookEndpointOff,
    WebhookEventUnknown,
)
from backend.webhooks.schemas import (
    WebhookDeliveries,
    WebhookEndpointAdded,
    WebhookEndpointChange,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpoints,
    WebhookEvents,
    WebhookQueued,
    WebhookSecretRotated,
)

router = Router(tags=["webhooks"])

SENT = limits.parse("60/hour")

# Owners of shops and associations have accounts of any role; the acts check what they own.
AsOwner = Annotated[AsyncSession, signed_in_as(or_member_of="association")]
_base = Annotated[str, Depends(lambda: settings().public_url.rstrip("/"))]


@router.get("/webhook-events")
async def list_webhook_events(request: Request, base: _base) -> WebhookEvents:
    """List the events that endpoints can be told of, each with an example.

    A message says what happened, when, and where the API tells more. Another version of an event is another event, so
    an endpoint gets only what it asked for.
    """
    return queries.events(language_of(request.scope), base)


@router.get("/webhook-endpoints")
async def list_webhook_endpoints(session: SignedIn) -> WebhookEndpoints:
    """List the endpoints of the shops and associations that you own."""
    return await queries.endpoints(session)


@router.post(
    "/webhook-endpoints",
    status_code=201,
    responses=may_answer(*WHICH, ShopNotFound, WebhookEventUnknown, TooManyWebhookEndpoints),
)
async def add_webhook_endpoint(wanted: WebhookEndpointIn, session: AsOwner, once: OnceDep) -> WebhookEndpointAdded:
    """Have an https address told what happens in a shop or an association that you own: at most five each.

    Messages are signed as Standard Webhooks says, with the secret in this answer, which is not shown again. They are
    sent at least once, in no promised order, each with the same `webhook-id` at every try. Answer 2xx within 5 seconds.
    A message that is not taken is sent again over three days; 410 switches the endpoint off, and so do five days of
    failures.
    """
    return await once(session, actions.add_endpoint(session, wanted), 201)


@router.get("/webhook-endpoints/{endpoint_id}", responses=may_answer(WebhookEndpointNotFound))
async def read_webhook_endpoint(endpoint_id: UUID, session: SignedIn) -> WebhookEndpointOut:
    """Return an endpoint, without its address and its secret."""
    return await queries.endpoint(session, endpoint_id)


@router.patch("/webhook-endpoints/{endpoint_id}", responses=may_answer(WebhookEndpointNotFound, WebhookEventUnknown))
async def change_webhook_endpoint(
    endpoint_id: UUID, change: WebhookEndpointChange, session: SignedIn
) -> WebhookEndpointOut:
    """Change an endpoint's address, events or description, or switch it off or on."""
    return await actions.change_endpoint(session, endpoint_id, change)


@router.delete("/webhook-endpoints/{endpoint_id}", status_code=204, responses=may_answer(WebhookEndpointNotFound))
async def remove_webhook_endpoint(endpoint_id: UUID, session: SignedIn) -> None:
    """Remove an endpoint. Its address, its secret and its log are erased, and nothing more is sent to it."""
    await actions.remove_endpoint(session, endpoint_id)


@router.get("/webhook-endpoints/{endpoint_id}/deliveries", responses=may_answer(WebhookEndpointNotFound))
async def list_webhook_deliveries(
    endpoint_id: UUID, session: SignedIn, base: _base, limit: Limit = 20, after: After = None
) -> WebhookDeliveries:
    """List what was sent to an endpoint in the last 30 days, and what waits, newest first."""
    return await queries.deliveries(session, endpoint_id, base, limit, after)


@router.post(
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    responses=may_answer(WebhookEndpointNotFound, WebhookDeliveryNotFound, WebhookEndpointOff),
)
async def redeliver_webhook(endpoint_id: UUID, delivery_id: UUID, request: Request, session: SignedIn) -> WebhookQueued:
    """Send a message again, with the same id and the same body."""
    await spend(request.scope, "webhooks-by-hand", SENT, str(caller_in(session)))
    return await actions.redeliver(session, endpoint_id, delivery_id)


@router.post(
    "/webhook-endpoints/{endpoint_id}/test",
    status_code=202,
    responses=may_answer(WebhookEndpointNotFound, WebhookEndpointOff),
)
async def test_webhook_endpoint(endpoint_id: UUID, request: Request, session: SignedIn) -> WebhookQueued:
    """Send the message `webhook.test.v1`, once. What became of it stands in the deliveries a moment later."""
    await spend(request.scope, "webhooks-by-hand", SENT, str(caller_in(session)))
    return await actions.test_endpoint(session, endpoint_id)


@router.post("/webhook-endpoints/{endpoint_id}/rotate-secret", responses=may_answer(WebhookEndpointNotFound))
async def rotate_webhook_secret(endpoint_id: UUID, session: SignedIn, once: OnceDep) -> WebhookSecretRotated:
    """Give an endpoint a new secret. For 24 hours messages are signed with the new one and the one before.

    Each signature stands in `webhook-signature`, separated by a space: receivers accept a message if one is right.
    """
    return await once(session, actions.rotate_secret(session, endpoint_id), 200)
