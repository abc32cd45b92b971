"""Reads of webhook endpoints and their logs."""

from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.http.paging import cursor_key, page_of
from backend.webhooks.events import EVENTS, example, texts
from backend.webhooks.problems import WebhookEndpointNotFound
from backend.webhooks.schemas import (
    WebhookDeliveries,
    WebhookDeliveryOut,
    WebhookEndpointOut,
    WebhookEndpoints,
    WebhookEvents,
)

_ENDPOINTS = text("select * from app.webhook_endpoints_of(:wanted)")
_DELIVERIES = text("select * from app.webhook_deliveries_of(:endpoint, :most, :before)")
_KEY = TypeAdapter(tuple[UUID])


async def endpoints(session: AsyncSession) -> WebhookEndpoints:
    """Return the endpoints that the caller keeps."""
    rows = (await session.execute(_ENDPOINTS, {"wanted": None})).mappings()
    return WebhookEndpoints(data=[WebhookEndpointOut.model_validate(dict(row)) for row in rows])


async def endpoint(session: AsyncSession, endpoint_id: UUID) -> WebhookEndpointOut:
    """Return one endpoint that the caller keeps. Raises WebhookEndpointNotFound."""
    row = (await session.execute(_ENDPOINTS, {"wanted": endpoint_id})).mappings().one_or_none()
    if row is None:
        raise WebhookEndpointNotFound
    return WebhookEndpointOut.model_validate(dict(row))


async def deliveries(
    session: AsyncSession, endpoint_id: UUID, base: str, limit: int, after: str | None
) -> WebhookDeliveries:
    """Return a page of what was sent to an endpoint, newest first. Raises CursorInvalid, WebhookEndpointNotFound.

    base: the public address of the platform.
    """
    before = None if after is None else cursor_key(after, _KEY)[0]
    found = await session.execute(_DELIVERIES, {"endpoint": endpoint_id, "most": limit + 1, "before": before})
    rows = [
        WebhookDeliveryOut(url=base + row["path"], **{name: row[name] for name in row if name != "path"})
        for row in found.mappings()
    ]
    page = page_of(rows, limit, lambda row: (row.id,))
    return WebhookDeliveries(data=page.data, has_more=page.has_more, next=page.next)


def events(language: str, base: str) -> WebhookEvents:
    """Return every event with an example. base: the public address of the platform."""
    said = texts(language)
    found = [
        {"type": event, "owners": owners, "description": said[event], "example": from_json(example(event, base))}
        for event, (owners, _) in EVENTS.items()
    ]
    return WebhookEvents.model_validate({"data": found})
