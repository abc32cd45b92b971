"""Webhooks over HTTP: owners of shops, associations and organisations keep endpoints, and so do their API clients."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import limits
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from backend.api_clients.calling import PersonOrClient, acting_as, person_or_client
from backend.associations.problems import WHICH
from backend.database.sessions import ActingFor
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.organisations.problems import OrganisationNotFound
from backend.problems.problem import language_of, may_answer
from backend.settings import settings
from backend.shops.problems import ShopNotFound
from backend.webhooks import actions, queries
from backend.webhooks.problems import (
    TooManyWebhookEndpoints,
    WebhookDeliveryNotFound,
    WebhookEndpointNotFound,
    WebhookEndpointOff,
    WebhookEndpointOfOne,
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

Caller = Annotated[PersonOrClient, Depends(person_or_client("webhooks"))]


async def _session(request: Request, who: Caller) -> AsyncIterator[AsyncSession]:
    async with acting_as(request, who, "webhooks") as session:
        yield session


async def _session_for(request: Request, who: Caller, association: ActingFor = None) -> AsyncIterator[AsyncSession]:
    async with acting_as(request, who, "webhooks", association) as session:
        yield session


# Owners have accounts of any role; the acts check what they own.
AsKeeper = Annotated[AsyncSession, Depends(_session, scope="function")]
AsOwner = Annotated[AsyncSession, Depends(_session_for, scope="function")]
_base = Annotated[str, Depends(lambda: settings().public_url.rstrip("/"))]


def _counted(who: PersonOrClient) -> str:
    return str(who.client.id if who.client is not None else who.account_id)


@router.get("/webhook-events")
async def list_webhook_events(request: Request, base: _base) -> WebhookEvents:
    """List the events that endpoints can be told of, each with an example.

    A message says what happened, when, and where the API tells more. Another version of an event is another event, so
    an endpoint gets only what it asked for.
    """
    return queries.events(language_of(request.scope), base)


@router.get("/webhook-endpoints")
async def list_webhook_endpoints(session: AsKeeper) -> WebhookEndpoints:
    """List the endpoints of the shops, associations and organisations that you own."""
    return await queries.endpoints(session)


@router.post(
    "/webhook-endpoints",
    status_code=201,
    responses=may_answer(
        *WHICH,
        ShopNotFound,
        OrganisationNotFound,
        WebhookEndpointOfOne,
        WebhookEventUnknown,
        TooManyWebhookEndpoints,
    ),
)
async def add_webhook_endpoint(wanted: WebhookEndpointIn, session: AsOwner, once: OnceDep) -> WebhookEndpointAdded:
    """Have an https address told what happens in a shop, an association or an organisation of yours: at most five each.

    Messages are signed as Standard Webhooks says, with the secret in this answer, which is not shown again. They are
    sent at least once, in no promised order, each with the same `webhook-id` at every try. Answer 2xx within 5 seconds.
    A message that is not taken is sent again over three days; 410 switches the endpoint off, and so do five days of
    failures.
    """
    return await once(session, actions.add_endpoint(session, wanted), 201)


@router.get("/webhook-endpoints/{endpoint_id}", responses=may_answer(WebhookEndpointNotFound))
async def read_webhook_endpoint(endpoint_id: UUID, session: AsKeeper) -> WebhookEndpointOut:
    """Return an endpoint, without its address and its secret."""
    return await queries.endpoint(session, endpoint_id)


@router.patch("/webhook-endpoints/{endpoint_id}", responses=may_answer(WebhookEndpointNotFound, WebhookEventUnknown))
async def change_webhook_endpoint(
    endpoint_id: UUID, change: WebhookEndpointChange, session: AsKeeper
) -> WebhookEndpointOut:
    """Change an endpoint's address, events or description, or switch it off or on."""
    return await actions.change_endpoint(session, endpoint_id, change)


@router.delete("/webhook-endpoints/{endpoint_id}", status_code=204, responses=may_answer(WebhookEndpointNotFound))
async def remove_webhook_endpoint(endpoint_id: UUID, session: AsKeeper) -> None:
    """Remove an endpoint. Its address, its secret and its log are erased, and nothing more is sent to it."""
    await actions.remove_endpoint(session, endpoint_id)


@router.get("/webhook-endpoints/{endpoint_id}/deliveries", responses=may_answer(WebhookEndpointNotFound))
async def list_webhook_deliveries(
    endpoint_id: UUID, session: AsKeeper, base: _base, limit: Limit = 20, after: After = None
) -> WebhookDeliveries:
    """List what was sent to an endpoint in the last 30 days, and what waits, newest first."""
    return await queries.deliveries(session, endpoint_id, base, limit, after)


@router.post(
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redeliver",
    status_code=202,
    responses=may_answer(WebhookEndpointNotFound, WebhookDeliveryNotFound, WebhookEndpointOff),
)
async def redeliver_webhook(
    endpoint_id: UUID, delivery_id: UUID, request: Request, who: Caller, session: AsKeeper
) -> WebhookQueued:
    """Send a message again, with the same id and the same body."""
    await spend(request.scope, "webhooks-by-hand", SENT, _counted(who))
    return await actions.redeliver(session, endpoint_id, delivery_id)


@router.post(
    "/webhook-endpoints/{endpoint_id}/test",
    status_code=202,
    responses=may_answer(WebhookEndpointNotFound, WebhookEndpointOff),
)
async def test_webhook_endpoint(endpoint_id: UUID, request: Request, who: Caller, session: AsKeeper) -> WebhookQueued:
    """Send the message `webhook.test.v1`, once. What became of it stands in the deliveries a moment later."""
    await spend(request.scope, "webhooks-by-hand", SENT, _counted(who))
    return await actions.test_endpoint(session, endpoint_id)


@router.post("/webhook-endpoints/{endpoint_id}/rotate-secret", responses=may_answer(WebhookEndpointNotFound))
async def rotate_webhook_secret(endpoint_id: UUID, session: AsKeeper, once: OnceDep) -> WebhookSecretRotated:
    """Change the secret of an endpoint. For 24 hours messages are signed with the new one and the one before.

    Each signature stands in `webhook-signature`, separated by a space: receivers accept a message if one is right.
    """
    return await once(session, actions.rotate_secret(session, endpoint_id), 200)
