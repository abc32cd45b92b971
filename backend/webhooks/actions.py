"""Add, change, test and remove webhook endpoints."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call
from backend.sealing.own_keys import SealedText, seal_text
from backend.webhooks import queries
from backend.webhooks.schemas import (
    WebhookEndpointAdded,
    WebhookEndpointChange,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookQueued,
    WebhookSecretRotated,
)
from backend.webhooks.sealed import SEALED_ADDRESS, SEALED_SECRET, new_secret

SHOWN_CHARACTERS = 4


async def add_endpoint(session: AsyncSession, wanted: WebhookEndpointIn) -> WebhookEndpointAdded:
    """Add an endpoint with a new secret, and return both.

    The database raises NotAllowed, WhichAssociation, ShopNotFound, OrganisationNotFound,
    WebhookEndpointOfOne, WebhookEventUnknown, TooManyWebhookEndpoints.
    """
    secret = new_secret()
    added = await _add(session, wanted, seal_text(SEALED_ADDRESS, wanted.url), seal_text(SEALED_SECRET, secret))
    endpoint = await queries.endpoint(session, added)
    return WebhookEndpointAdded(**endpoint.model_dump(), secret=secret)


async def _add(session: AsyncSession, wanted: WebhookEndpointIn, address: SealedText, secret: SealedText) -> UUID:
    added: UUID = await call(
        session,
        "add_webhook_endpoint",
        shop=wanted.shop_id,
        organisation=wanted.organisation_id,
        new_description=wanted.description,
        new_events=sorted(set(wanted.events)),
        new_host=urlsplit(wanted.url).hostname,
        new_ends_with=wanted.url[-SHOWN_CHARACTERS:],
        new_key=address.key_id,
        new_sealed=address.sealed,
        new_wrapped=address.wrapped,
        new_master_key=address.master_key,
        secret_key=secret.key_id,
        secret_sealed=secret.sealed,
        secret_wrapped=secret.wrapped,
        secret_master_key=secret.master_key,
    )
    return added


async def change_endpoint(
    session: AsyncSession, endpoint_id: UUID, change: WebhookEndpointChange
) -> WebhookEndpointOut:
    """Change what was sent of an endpoint. The database raises WebhookEndpointNotFound, WebhookEventUnknown."""
    await call(
        session,
        "change_webhook_endpoint",
        endpoint=endpoint_id,
        new_description=change.description,
        new_events=None if change.events is None else sorted(set(change.events)),
        new_on=change.on,
    )
    if change.url is not None:
        await _move(session, endpoint_id, change.url, seal_text(SEALED_ADDRESS, change.url))
    return await queries.endpoint(session, endpoint_id)


async def _move(session: AsyncSession, endpoint_id: UUID, url: str, address: SealedText) -> None:
    await call(
        session,
        "move_webhook_endpoint",
        endpoint=endpoint_id,
        new_host=urlsplit(url).hostname,
        new_ends_with=url[-SHOWN_CHARACTERS:],
        new_key=address.key_id,
        new_sealed=address.sealed,
        new_wrapped=address.wrapped,
        new_master_key=address.master_key,
    )


async def rotate_secret(session: AsyncSession, endpoint_id: UUID) -> WebhookSecretRotated:
    """Change the secret of an endpoint and return the new one. The database raises WebhookEndpointNotFound."""
    secret = new_secret()
    until = await _rotate(session, endpoint_id, seal_text(SEALED_SECRET, secret))
    return WebhookSecretRotated(secret=secret, two_secrets_until=until)


async def _rotate(session: AsyncSession, endpoint_id: UUID, secret: SealedText) -> datetime:
    until: datetime = await call(
        session,
        "rotate_webhook_secret",
        endpoint=endpoint_id,
        new_key=secret.key_id,
        new_sealed=secret.sealed,
        new_wrapped=secret.wrapped,
        new_master_key=secret.master_key,
    )
    return until


async def remove_endpoint(session: AsyncSession, endpoint_id: UUID) -> None:
    """Remove an endpoint with its log. The database raises WebhookEndpointNotFound."""
    await call(session, "remove_webhook_endpoint", endpoint=endpoint_id)


async def test_endpoint(session: AsyncSession, endpoint_id: UUID) -> WebhookQueued:
    """Queue a test message. The database raises WebhookEndpointNotFound, WebhookEndpointOff."""
    return WebhookQueued(delivery_id=await call(session, "test_webhook_endpoint", endpoint=endpoint_id))


async def redeliver(session: AsyncSession, endpoint_id: UUID, delivery_id: UUID) -> WebhookQueued:
    """Queue a message again.

    The database raises WebhookEndpointNotFound, WebhookDeliveryNotFound, WebhookEndpointOff.
    """
    await call(session, "redeliver_webhook", endpoint=endpoint_id, delivery=delivery_id)
    return WebhookQueued(delivery_id=delivery_id)
