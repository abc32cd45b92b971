"""Check that one key sent fifty times at once has one effect and one answer, even if the API is killed."""

import asyncio
import time
from uuid import UUID

import httpx2

from scripts.proofs import stripe_troubles
from scripts.proofs.audit import violations
from scripts.proofs.crowd import Crowd
from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.storms import LEASE_SECONDS, Weather, everything_closes, hurried
from scripts.proofs.town import Lot, Town

HANDS = 50
PORTIONS = 100


async def one_key_at_once(house: House, outcome: Outcome, weather: Weather) -> None:
    """Run rounds for the given time. In every second round the API is killed while it answers."""
    town = Town(house, weather.chance)
    await town.settle(1)
    until = time.monotonic() + weather.seconds
    async with hurried(house, weather):
        while (done := outcome.figures["rounds"]) < 2 or time.monotonic() < until:
            async with house.sql() as sql:
                lot = await town.offer(sql, free=done % 3 == 2, portions=PORTIONS)
            await _round(house, outcome, weather, town, lot, with_kill=done % 2 == 1)
            outcome.figures["rounds"] += 1
        await everything_closes(house, outcome, weather)
    outcome.violations += await violations(house)


async def _round(house: House, outcome: Outcome, weather: Weather, town: Town, lot: Lot, *, with_kill: bool) -> None:
    crowd = Crowd(house, town, weather.chance, gives_up=0)
    if not lot.price_cents:
        await town.enrol(1)
    account = (town.customers if lot.price_cents else town.beneficiaries)[0]
    key = f"{weather.chance.getrandbits(64):x}"

    async def hand() -> httpx2.Response:
        answer = await crowd.insists(account, f"/lots/{lot.id}/reservations", {"quantity": 1}, key=key)
        assert answer is not None
        return answer

    if with_kill:  # so that the kill comes while Stripe is asked, or while the others wait
        await house.stripe.fault(stripe_troubles.CREATE, "slow", times=2, seconds=0.5)
    hands = [asyncio.ensure_future(hand()) for _ in range(HANDS)]
    if with_kill:
        await asyncio.sleep(weather.chance.uniform(0.1, 0.4))
        await asyncio.to_thread(house.api.kill)
        outcome.figures[f"kills of {house.api.name}"] += 1
        await asyncio.to_thread(house.api.start)
        if weather.hurried:
            await house.time_passes(LEASE_SECONDS)
    answers = await asyncio.gather(*hands)
    outcome.figures["requests"] += sum(crowd.answers.values()) + crowd.figures["requests cut off"]
    outcome.figures["requests cut off"] += crowd.figures["requests cut off"]
    outcome.figures["reservations acknowledged"] += len({answer.json().get("id") for answer in answers})
    outcome.answers += crowd.answers

    outcome.expect(
        {a.status_code for a in answers} == {201}, f"key {key} was answered {[a.status_code for a in answers]}"
    )
    outcome.expect(len({answer.content for answer in answers}) == 1, f"key {key} got different answers")
    made = await house.value("select count(*) from app.reservations where lot_id = $1", lot.id)
    outcome.expect(made == 1, f"key {key} made {made} reservations")
    if lot.price_cents:
        reservation = UUID(answers[0].json()["id"])
        books = (await house.stripe.ledger())["payments"]
        intents = [entry for entry in books if entry["metadata"].get("reservation_id") == str(reservation)]
        outcome.expect(len(intents) == 1, f"key {key} made {len(intents)} payment intents")
        outcome.figures["payment intents"] += len(intents)
