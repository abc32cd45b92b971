"""Ask Stripe how a subscription stands, and commit that."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from backend.database.acts import Acts
from backend.stripe.billing import Subscription
from backend.stripe.client import Stripe

ENDED = ("canceled", "incomplete_expired")

log = structlog.get_logger("ecopanier.subscriptions")


async def look(acts: Acts, stripe: Stripe, customer: str) -> Subscription | None:
    """Commit the subscription of a customer as Stripe has it now, and return it; None if there is none, or no account.

    If another state was committed since we asked, ask again: so a later commit never brings back an older state.
    Raises PaymentUnavailable, PaymentRefused.
    """
    while True:
        known = await acts.row("subscription_to_look_at", wanted=customer)
        if known["version"] is None:
            return None
        found = current(await stripe.subscriptions_of(customer))
        told = json.dumps(_told(found)) if found is not None else None
        if await acts.value("subscription_seen", wanted=customer, expected=known["version"], found_now=told):
            return found


def current(found: Sequence[Subscription]) -> Subscription | None:
    """Return the subscription that counts: the oldest of those that have not ended, otherwise the newest.

    Pages allow one at a time. A second one can only be made by a person in Stripe's dashboard.
    """
    running = sorted((one for one in found if one.status not in ENDED), key=lambda one: (one.created_at, one.id))
    if len(running) > 1:
        log.error("subscription.several", customer=running[0].customer, subscriptions=[one.id for one in running])
    if running:
        return running[0]
    return max(found, key=lambda one: (one.created_at, one.id), default=None)


def _told(found: Subscription) -> dict[str, Any]:
    """Return the columns of a subscription."""
    ended_at = found.ended_at
    if found.status in ENDED and ended_at is None:
        ended_at = datetime.now(UTC)
    return {
        "subscription": found.id,
        "status": found.status,
        "cents": found.cents,
        "begun_at": found.created_at.isoformat(),
        "period_ends_at": found.period_ends_at.isoformat(),
        "past_due_since": found.period_starts_at.isoformat() if found.status == "past_due" else None,
        "cancels_at": found.cancels_at.isoformat() if found.cancels_at is not None else None,
        "ended_at": ended_at.isoformat() if found.status in ENDED and ended_at is not None else None,
    }
