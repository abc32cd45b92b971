"""Compare the own book of each shop with what Stripe says is on its connected account."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import structlog

from backend.database.acts import Acts
from backend.ledger.check import Difference, Progress, no_progress
from backend.stripe.client import PaymentRefused, Stripe
from backend.stripe.problems import PaymentUnavailable

AT_ONCE = 50
MOST = 500  # accounts a run, each of them at least one call; those that waited longest come first
TRIES = 3

CatchUp = Callable[[str], Awaitable[None]]
"""Looks at an account and its payouts at Stripe, because events about them may be lost or under way."""

log = structlog.get_logger("ecopanier.ledger")


async def compare_shops(
    acts: Acts, stripe: Stripe, catch_up: CatchUp, *, progress: Progress = no_progress
) -> list[Difference]:
    """Compare the shops that waited longest, at most `MOST`; return those whose balance is not what their book says.

    An account about which Stripe refuses to answer, because it is closed or paused, is passed over. If Stripe cannot be
    reached, the rest waits for the next run. Shops to which a transfer or reversal is under way are left to it too.
    """
    began, compared, found = datetime.now(UTC), 0, list[Difference]()
    try:
        while compared < MOST and (
            rows := await acts.rows("connected_books", read_before=began, most=min(AT_ONCE, MOST - compared))
        ):
            for row in rows:
                account: str = row["stripe_account"]
                try:
                    cents = await _missing_cents(acts, stripe, account, catch_up)
                except PaymentRefused as refusal:
                    log.warning("ledger.account_refused", account=account, code=refusal.code, status=refusal.status)
                    cents = 0
                await acts.value("balance_was_read", account=account, until=began)
                if cents:
                    shop: UUID = row["shop_id"]
                    found.append(Difference("shop_balance", account, None, shop, cents))
                compared += 1
                progress("shops", compared)
    except PaymentUnavailable:
        log.warning("ledger.shops_unavailable", compared=compared)
    return found


async def _missing_cents(acts: Acts, stripe: Stripe, account: str, catch_up: CatchUp) -> int:
    """Return by how much an account's balance at Stripe exceeds its book, once nothing moves and nothing is overlooked.

    Raises PaymentRefused, PaymentUnavailable.
    """
    cents = 0
    for _ in range(TRIES):
        before: int | None = await acts.value("connected_cents", account=account)
        balance = await stripe.balance(account)
        booked: int | None = await acts.value("connected_cents", account=account)
        if before is None or booked is None:
            return 0  # a transfer or reversal has begun meanwhile
        cents = balance.available_cents + balance.pending_cents - booked
        if not cents or cents == before - booked:
            return 0
        await catch_up(account)
    return cents
