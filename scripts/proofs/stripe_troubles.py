"""What goes wrong between EcoPanier and Stripe while both live."""

from contextlib import suppress

import httpx2

from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.storms import Weather

# Which operations meet which fault; those of the customer's browser too.
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
    """Every answer takes a while, so that what is killed is killed in the middle."""
    for operation in (CREATE, RETRIEVE, CANCEL, REFUND):
        await house.stripe.fault(operation, "slow", times=1_000_000, seconds=0.1)


async def faults(house: House, outcome: Outcome, weather: Weather) -> None:
    """Lost replies, 500s, 429s, slow ones, payments that take their time: several times a second."""
    while await weather.lasts(0.02, 0.2):
        operation, mode = weather.chance.choice(FAULTS)
        # Three in a row are more than the client repeats by itself.
        times, seconds = weather.chance.choice((1, 2, 4)), weather.chance.uniform(0.05, 0.5)
        with suppress(httpx2.RequestError):  # it may have been killed
            await house.stripe.fault(operation, mode, times=times, seconds=seconds)
            outcome.figures["faults armed at Stripe"] += 1


async def disorderly_webhooks(house: House, outcome: Outcome, weather: Weather) -> None:
    """Events come twice, shuffled, all at once after a while."""
    while await weather.lasts(0.1, 0.8):
        mode = weather.chance.choice(("hold", "duplicate", "shuffle", "release"))
        with suppress(httpx2.RequestError):
            await house.stripe.webhooks(mode, seed=weather.chance.getrandbits(32))
    with suppress(httpx2.RequestError):  # it starts with "release"
        await house.stripe.webhooks("release")


async def lost_webhooks(house: House, outcome: Outcome, weather: Weather) -> None:
    """No event leaves, during the storm and the calm after it."""
    await house.stripe.webhooks("hold")
