"""Fixtures: what is logged about mails, and a town that receives Stripe's webhooks."""

from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import pytest
import stripe
import structlog
from structlog.testing import LogCapture

from backend import mail
from backend.accounts import addressees
from backend.notices import jobs as notices
from tests.town import Town

REAL_CLOCK = """
    create or replace function app.clock() returns timestamptz language sql stable parallel safe as $$ select now() $$
"""


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> list[MutableMapping[str, Any]]:
    """Everything logged about mails, at every level, independent of the served program's log settings."""
    capture = LogCapture()
    logger = structlog.wrap_logger(None, processors=[capture], wrapper_class=structlog.BoundLogger)
    monkeypatch.setattr(mail, "log", logger)
    monkeypatch.setattr(addressees, "log", logger)
    monkeypatch.setattr(notices, "log", logger)
    return capture.entries


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Stripe's client try again almost at once."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.fixture
async def shop_town(lasting_town: Town) -> AsyncIterator[Town]:
    """A town that receives Stripe's webhooks over HTTP; it is emptied after each test."""
    town = lasting_town
    await town.ensure_served()
    yield town
    await town.stripe.no_faults()
    await town.stripe.clock(ahead_seconds=0)
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.changes("set session_replication_role = replica")  # triggers protect the append-only tables
    await town.changes("truncate app.reservations, app.lots, app.stripe_events, jobs.procrastinate_jobs cascade")
    await town.changes("set session_replication_role = origin")
    await town.changes(REAL_CLOCK)
