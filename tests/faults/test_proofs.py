"""`scripts/prove` for a few seconds: real processes, killed and disturbed, in a house of their own."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from scripts.proofs import stripe_troubles
from scripts.proofs.__main__ import told
from scripts.proofs.catalogue import PROOFS, Proof, storm_with
from scripts.proofs.house import House
from scripts.proofs.storms import kills, time_leaps

ONCE = {"every": (0.5, 0.8), "down": (0.0, 0.2)}
PROGRAMS = storm_with(
    stripe_troubles.faults, kills(lambda house: house.api, **ONCE), kills(lambda house: house.worker, **ONCE)
)
GROUND = storm_with(
    stripe_troubles.disorderly_webhooks,
    time_leaps,
    kills(lambda house: house.database, **ONCE),
    kills(lambda house: house.stand_in, **ONCE),
)

# Two storms at once where `scripts/prove` takes them one by one. With the seconds they last, and what must have
# happened for them to have proven something.
SHORT = {
    "API and worker": (
        Proof("API and worker", "kill -9 of both, while Stripe fails", PROGRAMS),
        2.0,
        ["kills of API", "kills of worker", "faults armed at Stripe", "reservations acknowledged", "payments"],
    ),
    "Postgres and Stripe": (
        Proof("Postgres and Stripe", "kill -9 of both, while webhooks come in disorder and holds lapse", GROUND),
        2.0,
        [
            "kills of Postgres",
            "leaps of the clock",
            "kills of Stripe stand-in",
            "reservations acknowledged",
            "payments",
        ],
    ),
    "webhooks": (PROOFS["webhooks"], 1.0, ["left open by the storm", "payments"]),
    "key": (PROOFS["key"], 0.0, ["payment intents", "kills of API", "requests cut off"]),
    "impact": (PROOFS["impact"], 1.5, ["handovers", "late commits", "totals compared"]),
    "imports": (PROOFS["imports"], 0.0, ["kills of API", "requests cut off", "seen as interrupted", "lines"]),
}


@pytest.fixture(scope="module")
async def house(servers_folder: Path) -> AsyncIterator[House]:
    folder = servers_folder / "house"
    folder.mkdir()
    folder.chmod(0o755)
    async with House.built(folder) as built:
        yield built


@pytest.mark.parametrize("name", SHORT)
async def test_what_must_hold_holds_for_a_few_seconds(house: House, name: str) -> None:
    proof, seconds, must_have_happened = SHORT[name]
    seed = random.SystemRandom().randrange(10**6)
    outcome = await proof.runs(house, seconds, hurried=True, seed=seed)
    report = "\n".join([f"seed {seed}", *told(outcome)])
    assert outcome.violations == [], report
    for what in must_have_happened:
        assert outcome.figures[what] > 0, f"{what}: none\n{report}"
