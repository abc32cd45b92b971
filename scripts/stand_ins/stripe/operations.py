"""A request to Stripe as the operations see it."""

from dataclasses import dataclass
from typing import Any

from scripts.stand_ins.stripe import objects
from scripts.stand_ins.stripe.store import Store
from scripts.stand_ins.stripe.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class Call:
    """The parameters of one request, and the state that it may change inside one transaction."""

    store: Store
    webhooks: Webhooks
    form: dict[str, Any]
    id: str = ""  # from the path
    request_id: str | None = None  # None if Stripe acts by itself
    idempotency_key: str | None = None
    publishable: bool = False  # called with a publishable key, which may do only what a client_secret allows
    base: str = ""  # where this server is reached, for the pages that people open
    processing_seconds: float | None = None  # set by a fault: how long a confirmation takes

    def emit(self, kind: str, thing: dict[str, Any], previous: dict[str, Any] | None = None) -> None:
        """Record an event and queue its webhook, in the transaction of the change that it reports."""
        event = objects.event(
            kind, thing, previous=previous, request_id=self.request_id, idempotency_key=self.idempotency_key
        )
        self.store.save(event)
        self.webhooks.queue(event)
