"""Faults between EcoPanier and Stripe while both are running."""

from contextlib import suppress

import httpx2

from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.storms import Weather

# The operations and their faults, including those of the customer's browser.
CREATE, RETRIEVE = "payment_intents.create", "payment_intents.retrieve"
CONFIRM, CANCEL, REFUND = "payment_intents.confirm", "payment_intents.cancel", "refunds.create"
FAULTS = (
    *((operation, mode) for operation in (CREATE, RETRIEVE, CANCEL, REFUND) for mode in ("drop_reply", "drop_before")),
    *((operation, mode) for operation in (CREATE, RETRIEVE, CANCEL, REFUND) for mode in ("error_500", "rate_limit")),
    *((operation, "slow") for operation in (CREATE, RETRIEVE, CANCEL, REFUND)),
    *((operation, "error_500_kept") for operation in (CREATE, REFUND)),
    *((CONFIRM, mode) for mode in ("drop_reply", "processing", "slow")),
)


async def slow(house: House, outcome: Outcome, weather: Weather) -> None:
    """Delay every answer, so that kills come in the middle of an operation."""
    for operation in (CREATE, RETRIEVE, CANCEL, REFUND):
        await house.stripe.fault(operation, "slow", times=1_000_000, seconds=0.1)


async def faults(house: House, outcome: Outcome, weather: Weather) -> None:
    """Cause lost replies, 500s, 429s, slow answers and slow payments, several times a second."""
    while await weather.lasts(0.02, 0.2):
        operation, mode = weather.chance.choice(FAULTS)
        # The client repeats a request twice by itself, so four faults in a row are too many for it.
        times, seconds = weather.chance.choice((1, 2, 4)), weather.chance.uniform(0.05, 0.5)
        with suppress(httpx2.RequestError):  # the stand-in may have been killed
            await house.stripe.fault(operation, mode, times=times, seconds=seconds)
            outcome.figures["faults armed at Stripe"] += 1


async def disorderly_webhooks(house: House, outcome: Outcome, weather: Weather) -> None:
    """Deliver events twice, shuffled, or all at once after a while."""
    while await weather.lasts(0.1, 0.8):
        mode = weather.chance.choice(("hold", "duplicate", "shuffle", "release"))
        with suppress(httpx2.RequestError):
            await house.stripe.webhooks(mode, seed=weather.chance.getrandbits(32))
    with suppress(httpx2.RequestError):  # if it was killed, it starts again with "release"
        await house.stripe.webhooks("release")


async def lost_webhooks(house: House, outcome: Outcome, weather: Weather) -> None:
    """Hold back all events during the storm and the calm after it."""
    await house.stripe.webhooks("hold")
