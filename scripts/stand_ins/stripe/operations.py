"""A request to Stripe as the operations see it."""

from collections.abc import Callable
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
    account: str | None = None  # the connected account that acts; None: the platform
    request_id: str | None = None  # None if Stripe acts by itself
    idempotency_key: str | None = None
    publishable: bool = False  # called with a publishable key, which may do only what a client_secret allows
    base: str = ""  # where this server is reached, for the pages that people open
    processing_seconds: float | None = None  # set by a fault: how long a confirmation takes
    lacks_funds: bool = False  # set by a fault: the balance that pays does not suffice

    def emit(self, kind: str, thing: dict[str, Any], previous: dict[str, Any] | None = None) -> None:
        """Record an event and queue its webhook, in the transaction of the change that it reports."""
        event = objects.event(
            kind,
            objects.shown(thing),
            account=thing.get("_account"),
            previous=previous,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
        )
        self.store.save(event)
        self.webhooks.queue(objects.shown(event))

    def emit_thin(self, kind: str, thing: dict[str, Any]) -> None:
        """Record a thin event of the v2 API, which names the object that changed and does not contain it."""
        event = objects.thin_event(kind, thing, request_id=self.request_id, idempotency_key=self.idempotency_key)
        self.store.save(event)
        self.webhooks.queue(objects.shown(event))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of Stripe's API. public: also allowed with a publishable key and a client_secret."""

    name: str
    method: str
    path: str
    perform: Callable[[Call], dict[str, Any]]
    public: bool = False

    @property
    def v2(self) -> bool:
        """Whether it belongs to the v2 API: bodies are JSON, and a key tries again what failed."""
        return self.path.startswith("/v2/")
