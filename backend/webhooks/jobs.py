"""The job of webhooks: it sends what is due, to many endpoints at once and to each one message at a time."""

import asyncio
import time
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from pydantic_core import from_json
from standardwebhooks.webhooks import Webhook

from backend.http.public_addresses import NotTaken, PublicHttps
from backend.job_context import Work
from backend.sealing.own_keys import SealedText, open_text
from backend.sealing.seals import MasterKeyMissing, SealBroken
from backend.webhooks.events import message
from backend.webhooks.sealed import SEALED_ADDRESS, SEALED_SECRET

log = structlog.get_logger("ecopanier.webhooks")

OUTGOING = PublicHttps()
AT_ONCE = 32
SECONDS = 4.0
"""How long a run begins to send. The next run begins meanwhile, so that slow endpoints do not hold it up."""


@dataclass(frozen=True)
class Claimed:
    """A message to send: `lease` is the worker's claim on its endpoint, secrets are as `claim_webhooks` writes them."""

    delivery: UUID
    endpoint: UUID
    lease: datetime
    event_id: UUID
    type: str
    path: str
    at: datetime
    address: SealedText
    secrets: str


async def deliver_due(work: Work, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
    """Send what is due to up to `at_once` endpoints at a time, until nothing is due or `seconds` are over.

    A message is claimed in one transaction and what became of it is kept in another; none is open while the endpoint
    answers. A worker that dies in between sends it again: the receiver knows it by its id.
    """
    ends = time.monotonic() + seconds
    claimed = await _claimed(work, at_once)
    async with asyncio.TaskGroup() as group:
        for one in claimed:
            group.create_task(_deliver_on(work, one, ends))


async def _claimed(work: Work, most: int) -> list[Claimed]:
    rows = await work.acts.rows("claim_webhooks", most=most)
    return [
        Claimed(
            **{
                name: row[name]
                for name in ("delivery", "endpoint", "lease", "event_id", "type", "path", "at", "secrets")
            },
            address=SealedText(row["key_id"], row["sealed"], row["wrapped"], row["master_key"]),
        )
        for row in rows
    ]


async def _deliver_on(work: Work, claimed: Claimed | None, ends: float) -> None:
    while claimed is not None:
        began = time.monotonic()
        failed = await _sent(work.settings.public_url.rstrip("/"), claimed)
        took = round((time.monotonic() - began) * 1000)
        if failed is not None:
            log.warning("webhooks.not_taken", endpoint=str(claimed.endpoint), why=failed)
        await _keep(work, claimed, failed, took)
        claimed = next(iter(await _claimed(work, 1)), None) if time.monotonic() < ends else None


async def _keep(work: Work, tried: Claimed, failed: str | None, took: int) -> None:
    await work.acts.value(
        "webhook_tried",
        delivery=tried.delivery,
        endpoint=tried.endpoint,
        lease=tried.lease,
        failed=failed,
        took_ms=took,
    )


async def _sent(base: str, claimed: Claimed) -> str | None:
    """Send a message, and return None if it was taken, or why it was not."""
    body = message(claimed.event_id, claimed.type, claimed.at, base + claimed.path)
    try:
        url = open_text(SEALED_ADDRESS, claimed.address)
        headers = signed(claimed.event_id, datetime.now(UTC), body, _secrets(claimed.secrets))
    except (MasterKeyMissing, SealBroken) as broken:
        log.error("webhooks.sealed", endpoint=str(claimed.endpoint), error=type(broken).__name__)
        return "address"
    try:
        await OUTGOING.post(url, body, headers)
    except NotTaken as reason:
        return reason.why
    return None


def signed(event_id: UUID, at: datetime, body: bytes, secrets: list[str]) -> dict[str, str]:
    """Return the headers of a message by Standard Webhooks: one signature for each secret, the newest first."""
    signatures = [Webhook(secret).sign(str(event_id), at, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _secrets(kept: str) -> list[str]:
    return [
        open_text(
            SEALED_SECRET,
            SealedText(UUID(one["key_id"]), b64decode(one["sealed"]), b64decode(one["wrapped"]), one["master_key"]),
        )
        for one in from_json(kept)
    ]
