"""The events that webhooks tell, and the message of one."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic_core import to_json

Owner = Literal["shop", "association", "organisation"]
TEST = "webhook.test.v1"

_BOTH: tuple[Owner, ...] = ("shop", "association")
_RESERVATION, _LOT, _COLLECTION = "/v1/reservations/{id}", "/v1/lots/{id}", "/v1/collections/{id}"

# Whose endpoints may have each event, and where its message leads. `app.webhook_events` has the same list; the texts
# stand in texts/{fr,en}.toml.
EVENTS: Mapping[str, tuple[tuple[Owner, ...], str]] = {
    "reservation.made.v1": (("shop",), _RESERVATION),
    "reservation.cancelled.v1": (("shop",), _RESERVATION),
    "reservation.picked_up.v1": (("shop",), _RESERVATION),
    "lot.published.v1": (("shop",), _LOT),
    "lot.ended.v1": (("shop",), _LOT),
    "collection.requested.v1": (_BOTH, _COLLECTION),
    "collection.accepted.v1": (_BOTH, _COLLECTION),
    "collection.scheduled.v1": (_BOTH, _COLLECTION),
    "collection.taken.v1": (_BOTH, _COLLECTION),
    "collection.delivered.v1": (_BOTH, _COLLECTION),
    "collection.received.v1": (_BOTH, _COLLECTION),
    "collection.refused.v1": (_BOTH, _COLLECTION),
    "collection.cancelled.v1": (_BOTH, _COLLECTION),
    "collection.failed.v1": (_BOTH, _COLLECTION),
    "beneficiary.accepted.v1": (("organisation",), "/v1/partners/batches/{id}"),
    "beneficiary.refused.v1": (("organisation",), "/v1/partners/batches/{id}"),
    "figures.released.v1": (("organisation",), "/v1/territories/67482/figures"),
    "fund.granted_out.v1": (("organisation",), "/v1/funds/{id}"),
    "fund.statement_ready.v1": (("organisation",), "/v1/funds/{id}/statements/2026-11"),
}

EXAMPLE_ID = UUID("01980c5e-6a10-7a53-b7f4-2f0d7c1e9d51")
EXAMPLE_RESOURCE = UUID("01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4")
EXAMPLE_AT = datetime(2026, 11, 29, 8, 15, tzinfo=UTC)


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return what each event says, in a language: `fr` or `en`."""
    return tomllib.loads(Path(__file__).with_name("texts").joinpath(f"{language}.toml").read_text("utf-8"))


def message(event_id: UUID, event: str, at: datetime, url: str) -> bytes:
    """Return a message's body: the same bytes at each try, so that receivers can compare them."""
    written = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return to_json({"id": str(event_id), "type": event, "timestamp": written, "data": {"url": url}})


def example(event: str, base: str) -> bytes:
    """Return the message of an event as an example. base: the public address of the platform."""
    _, path = EVENTS[event]
    return message(EXAMPLE_ID, event, EXAMPLE_AT, base + path.format(id=EXAMPLE_RESOURCE))
