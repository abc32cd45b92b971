"""The proofs by name: what each claims, and how the claim is tested."""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from scripts.proofs import stripe_troubles
from scripts.proofs.at_length import tests_hold_at_length
from scripts.proofs.audit import violations
from scripts.proofs.containers import containers_work
from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.impact import totals_follow_handovers
from scripts.proofs.imports import same_people_at_once
from scripts.proofs.money.trial import no_cent_is_lost
from scripts.proofs.notices import no_notice_is_lost
from scripts.proofs.one_key import one_key_at_once
from scripts.proofs.storms import Trouble, Weather, kills, storm, time_leaps

KILL_API = kills(lambda house: house.api, (0.3, 2.0), (0.0, 0.3))
KILL_POSTGRES = kills(lambda house: house.database, (0.8, 4.0), (0.1, 1.0))
KILL_WORKER = kills(lambda house: house.worker, (0.5, 3.0), (0.0, 0.5))
KILL_STRIPE = kills(lambda house: house.stand_in, (0.5, 3.0), (0.1, 1.5))


ALL_EVENTS_SECONDS = 900.0


@dataclass(frozen=True)
class Proof:
    """A claim, and the trial that would refute it."""

    name: str
    claim: str
    trial: Callable[[House, Outcome, Weather], Awaitable[object]] | None = None
    # A trial that needs no house, or builds one of its own.
    without_house: Callable[[Outcome, Weather], Awaitable[object]] | None = None

    async def runs(self, house: House | None, seconds: float, *, hurried: bool, seed: int) -> Outcome:
        """Run the trial for this time and return its outcome. An error of the trial itself counts as a violation."""
        outcome, began = Outcome(self.name, self.claim), time.monotonic()
        chance = random.Random(f"{seed} {self.name}")  # noqa: S311  # weather, not secrets
        weather = Weather(seconds, hurried, chance)
        try:
            if self.without_house is not None:
                await self.without_house(outcome, weather)
            else:
                assert house is not None
                assert self.trial is not None
                await house.stands()
                await self.trial(house, outcome, weather)
        except Exception as error:
            outcome.violations.append(f"the trial broke off: {type(error).__name__}: {error}")
        outcome.seconds = time.monotonic() - began
        return outcome


def storm_with(*troubles: Trouble) -> Callable[[House, Outcome, Weather], Awaitable[object]]:
    async def trial(house: House, outcome: Outcome, weather: Weather) -> None:
        await storm(house, outcome, weather, *troubles)

    return trial


async def _postgres(house: House, outcome: Outcome, weather: Weather) -> None:
    """Kill Postgres; also check that clients are told that it is away, and run the control if there is time."""
    await storm(house, outcome, weather, KILL_POSTGRES)
    outcome.expect(outcome.answers["database.unavailable"] > 0, "nobody was told that the database was away")
    if not weather.hurried:
        await _without_waiting_for_the_disk(outcome, weather)


async def _without_waiting_for_the_disk(outcome: Outcome, weather: Weather) -> None:
    """Run the same storm on a database that acknowledges commits before writing: the audit must find the losses."""
    tried = Outcome("control", "")
    with tempfile.TemporaryDirectory(prefix="ecopanier-") as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240  # a moment
        async with House.built(Path(folder), {"synchronous_commit": "off"}) as careless:
            for _ in range(3):
                if not tried.violations:
                    await storm(careless, tried, Weather(10, True, weather.chance), KILL_POSTGRES)
    outcome.control = f"with synchronous_commit off the audit finds {len(tried.violations)} violations"
    outcome.expect(bool(tried.violations), "the control found nothing: a database that forgets would pass")


async def _fuzz(outcome: Outcome, weather: Weather) -> None:
    from scripts.proofs.fuzz import description_holds  # when it runs: schemathesis takes long to import

    await description_holds(outcome, weather)


async def _pages(outcome: Outcome, weather: Weather) -> None:
    from scripts.proofs.pages import pages_hold  # when it runs: playwright takes long to import

    await pages_hold(outcome, weather)


async def _lost_webhooks(house: House, outcome: Outcome, weather: Weather) -> None:
    """Run storm, calm and audit without any event; then all events arrive at once and must change nothing."""
    await storm(house, outcome, weather, stripe_troubles.lost_webhooks)
    outcome.expect(outcome.figures["left open by the storm"] > 0, "nothing was left for the reconciling job to find")
    await house.stripe.webhooks("shuffle")
    await house.stripe.webhooks_quiet(ALL_EVENTS_SECONDS)
    outcome.violations += await violations(house)


PROOFS = {
    proof.name: proof
    for proof in (
        Proof("api", "kill -9 of the API in the middle of reservations and payments", storm_with(KILL_API)),
        Proof("postgres", "kill -9 of Postgres and its children: 503 meanwhile, then on as before", _postgres),
        Proof(
            "worker",
            "kill -9 of the worker in the middle of its jobs: another takes them over",
            storm_with(stripe_troubles.slow, KILL_WORKER),
        ),
        Proof("stand-in", "kill -9 of the Stripe stand-in: connections refused, broken off", storm_with(KILL_STRIPE)),
        Proof(
            "stripe",
            "lost replies, 500s, 429s, slow answers; webhooks twice, shuffled, late",
            storm_with(stripe_troubles.faults, stripe_troubles.disorderly_webhooks),
        ),
        Proof(
            "time",
            "holds lapse while their customers pay and cancel: every cent is kept for something or given back",
            storm_with(stripe_troubles.slow, time_leaps),
        ),
        Proof("webhooks", "no webhook arrives at all: the reconciling job finds every payment", _lost_webhooks),
        Proof(
            "everything",
            "all of the above at once",
            storm_with(
                KILL_API,
                KILL_POSTGRES,
                KILL_WORKER,
                KILL_STRIPE,
                stripe_troubles.faults,
                stripe_troubles.disorderly_webhooks,
                time_leaps,
            ),
        ),
        Proof("key", "one Idempotency-Key, fifty times at once: one effect, one answer", one_key_at_once),
        Proof("impact", "totals miss no handover and double none, while they are added up", totals_follow_handovers),
        Proof(
            "imports",
            "two associations import the same 5 000 people at once, kill -9 of the API: nobody twice, no line lost",
            same_people_at_once,
        ),
        Proof(
            "notices",
            "5 000 notices, a mail server that dies, hangs, answers 4xx and 5xx: none lost, none twice but in flight",
            no_notice_is_lost,
        ),
        Proof(
            "money",
            "random sales, gifts, refunds, disputes, payouts, Premium; deaths between any calls, kill -9: no cent lost",
            no_cent_is_lost,
        ),
        Proof(
            "fuzz",
            "made-up requests as each role: no 5xx, no status, content type or body off the served description",
            without_house=_fuzz,
        ),
        Proof(
            "pages",
            "every page in a real browser, in every mode: no sideways scroll, nothing that axe finds, targets, focus",
            without_house=_pages,
        ),
        Proof(
            "tests",
            "the tests that try a random sample in the suite, with everything that they could try",
            without_house=tests_hold_at_length,
        ),
        Proof(
            "containers",
            "docker compose builds, starts and serves the product, which survives a restart of its database",
            without_house=containers_work,
        ),
    )
}
