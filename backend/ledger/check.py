"""The check that the ledger balances and agrees with our tables and with Stripe's balance, to the cent."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from backend.database.acts import Acts
from backend.stripe.balances import BalanceTransaction
from backend.stripe.client import Stripe

STEPS = ("balance", "sales", "lots", "funds", "stripe")
THE_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
OURS = ""
TRIES = 3

Progress = Callable[[str, int], None]
"""Called with the name of a step and with how far it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it must be. kind: see policies/functions/ledger/ledger_differences.sql."""

    kind: str
    source: str | None
    reservation_id: UUID | None
    shop_id: UUID | None
    cents: int


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a check: how many lines there are, and the differences."""

    lines: int
    differences: tuple[Difference, ...]


def no_progress(_step: str, _done: int) -> None:
    """Show no progress."""


async def read_balance(acts: Acts, stripe: Stripe, *, progress: Progress = no_progress) -> list[str]:
    """Store the platform's balance transactions since the last time; return the intents that nothing is posted about.

    Raises PaymentUnavailable. What was stored before stays, and the next time begins where this one began.
    """
    began = datetime.now(UTC)
    since: datetime = await acts.value("balance_read_from", account=OURS) or THE_BEGINNING
    after, read = None, 0
    while True:
        page = await stripe.balance_transactions(since, after=after)
        await acts.value("store_balance_transactions", account=OURS, lines=_as_json(page.lines))
        read += len(page.lines)
        progress("Stripe", read)
        if page.next is None:
            break
        after = page.next
    await acts.value("balance_was_read", account=OURS, until=began)
    return [row[0] for row in await acts.rows("match_balance_transactions")]


async def compare(acts: Acts, stripe: Stripe, *, progress: Progress = no_progress) -> tuple[list[str], int | None]:
    """Read the platform's balance transactions; return the intents that nothing is posted about, and Stripe's balance.

    The balance, in cents, is None if money moved each time while we read. Raises PaymentUnavailable.
    """
    for _ in range(TRIES):
        before = await stripe.balance()
        intents = await read_balance(acts, stripe, progress=progress)
        if await stripe.balance() == before:
            return intents, before.available_cents + before.pending_cents
    return intents, None


async def check(
    url: str,
    *,
    stripe_cents: int | None = None,
    of_shops: Iterable[Difference] = (),
    progress: Progress = no_progress,
) -> Found:
    """Check the ledger in one snapshot of the database at `url`, and keep what was found for the admins.

    stripe_cents: Stripe's balance, which must be the sum of the balance transactions that we have read. of_shops: what
    differs between the books of shops and their accounts at Stripe (backend/ledger/shops.py).
    """
    # A connection of its own, because a large ledger takes longer than a request may.
    connection = await asyncpg.connect(url, statement_cache_size=0)
    try:
        differences: list[Difference] = []
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            for number, step in enumerate(STEPS):
                progress(step, number)
                rows = await connection.fetch("select * from app.ledger_differences($1)", step)
                differences += [Difference(**dict(row)) for row in rows]
            size = await connection.fetchrow("select * from app.ledger_size()")
        assert size is not None  # noqa: S101  an aggregate returns a row
        if stripe_cents is not None and stripe_cents != size["stripe_cents"]:
            differences.append(Difference("stripe_balance", None, None, None, stripe_cents - size["stripe_cents"]))
        differences += of_shops
        found = json.dumps([asdict(one) for one in differences], default=str)
        await connection.fetchval("select app.keep_check($1, $2)", found, size["lines"])
        return Found(size["lines"], tuple(differences))
    finally:
        await connection.close()


def _as_json(lines: Iterable[BalanceTransaction]) -> str:
    return json.dumps(
        [
            {
                "id": line.id,
                "net": line.net_cents,
                "fee": line.fee_cents,
                "category": line.category,
                "source": line.source,
                "intent": line.intent,
                "created_at": line.created_at.isoformat(),
                "available_on": line.available_at.isoformat(),
            }
            for line in lines
        ]
    )
