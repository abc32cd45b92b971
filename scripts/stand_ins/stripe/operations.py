"""One request to Stripe, as an operation sees it."""

from dataclasses import dataclass
from typing import Any

from scripts.stand_ins.stripe import objects
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, by which kind of key, and the world that it may change (inside one transaction)."""

    store: Store
    webhooks: Webhooks
    form: dict[str, Any]
    id: str = ""  # the one in the path
    request_id: str | None = None  # None for what Stripe does by itself
    idempotency_key: str | None = None
    publishable: bool = False  # a public key: only what the holder of a client_secret may do
    processing_seconds: float | None = None  # a fault: a confirmation takes that long

    def emit(self, kind: str, thing: dict[str, Any], previous: dict[str, Any] | None = None) -> None:
        """Record an event and queue its webhook, in the transaction of what it tells about."""
        event = objects.event(
            kind, thing, previous=previous, request_id=self.request_id, idempotency_key=self.idempotency_key
        )
        self.store.save(event)
        self.webhooks.queue(event)
