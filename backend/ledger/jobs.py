"""Jobs of the ledger: close lots by night, and check the books once a day."""

import time
from collections.abc import Awaitable, Callable

import structlog

from backend.job_context import Work
from backend.ledger.check import Found, check, compare
from backend.ledger.shops import compare_shops
from backend.payments.jobs import look_at_intent
from backend.settings import SettingsRefused
from backend.stripe.client import PaymentRefused

LOTS_AT_ONCE = 200  # so that each transaction is short
POSTINGS_AT_ONCE = 5000
INTENTS_AT_ONCE = 100
BEGIN_ROUNDS_FOR_SECONDS = 240.0

log = structlog.get_logger("ecopanier.ledger")


async def close_lots(work: Work) -> int:
    """Close the lots whose time has come, and return how many were looked at. It is night where their shops are."""
    looked_at, until = 0, time.monotonic() + BEGIN_ROUNDS_FOR_SECONDS
    while time.monotonic() < until:
        now: int = await work.acts.value("close_lots", most=LOTS_AT_ONCE)
        looked_at += now
        if now == 0:
            break
    return looked_at


async def carry_forward(work: Work) -> None:
    """Replace postings whose ten years are over by their sums."""
    while await work.acts.value("carry_ledger", most=POSTINGS_AT_ONCE):
        pass


async def post_earlier(work: Work) -> int:
    """Post the payments that are not in the ledger, as Stripe says they are now; return how many were looked at.

    Raises PaymentUnavailable.
    """
    looked_at, after = 0, ""
    while rows := await work.acts.rows("payments_not_posted", after=after, most=INTENTS_AT_ONCE):
        for (intent,) in rows:
            try:
                await look_at_intent(work, intent)
            except PaymentRefused as refusal:
                log.error("ledger.not_posted", intent=intent, code=refusal.code)
        looked_at, after = looked_at + len(rows), rows[-1][0]
    return looked_at


async def check_ledger(work: Work, catch_up: Callable[[Work, str], Awaitable[None]]) -> Found:
    """Check that the ledger balances and agrees with Stripe's balances. Admins are told of a difference.

    catch_up: looks at a shop's account whose balance is not what its book says, before that is called a difference.
    Payments and refunds of which no event reached us are posted first. Raises PaymentUnavailable.
    """
    await post_earlier(work)
    intents, stripe_cents = await compare(work.acts, work.stripe)
    for intent in intents:
        await look_at_intent(work, intent)
    if intents:
        await work.acts.rows("match_balance_transactions")
    url = work.settings.worker_database_url
    if url is None:
        raise SettingsRefused(["ECOPANIER_WORKER_DATABASE_URL is missing: set it to the worker's own login."])
    of_shops = await compare_shops(work.acts, work.stripe, lambda account: catch_up(work, account))
    found = await check(url.get_secret_value(), stripe_cents=stripe_cents, of_shops=of_shops)
    for one in found.differences:
        log.error("ledger.differs", kind=one.kind, source=one.source, cents=one.cents)
    return found
