"""Short runs of `scripts/prove`: real processes are killed and disturbed, and the invariants still hold."""

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

# Each with its duration in seconds and the figures that must not be zero, or the run has proven nothing.
# The first two combine storms that `scripts/prove` runs one by one.
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
    "notices": (
        PROOFS["notices"],
        0.0,
        ["notices", "kills of worker", "mails taken", "times to down", "times to hang"],
    ),
    "imports": (PROOFS["imports"], 0.0, ["kills of API", "requests cut off", "seen as interrupted", "lines"]),
    # Last, since it moves the clock by months, and the worker then deletes what others still count.
    "money": (PROOFS["money"], 5.0, ["histories", "payments", "gifts", "grants"]),
}


@pytest.fixture(scope="module")
async def house(servers_folder: Path) -> AsyncIterator[House]:
    folder = servers_folder / "house"
    folder.mkdir()
    folder.chmod(0o755)
    async with House.built(folder) as built:
        yield built


@pytest.mark.parametrize("name", SHORT)
async def test_a_short_proof_finds_no_violation(house: House, name: str) -> None:
    proof, seconds, must_have_happened = SHORT[name]
    # Histories of money are the same each time here: ./scripts/prove money makes others, and tells what it finds.
    seed = 11 if name == "money" else random.SystemRandom().randrange(10**6)
    outcome = await proof.runs(house, seconds, hurried=True, seed=seed)
    report = "\n".join([f"seed {seed}", *told(outcome)])
    assert outcome.violations == [], report
    for what in must_have_happened:
        assert outcome.figures[what] > 0, f"{what}: none\n{report}"
