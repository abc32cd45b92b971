"""Fifty people want the last portions at the same time: none is sold twice."""

import asyncio

import pytest

from tests.races.hands import RESERVE_LOOKING_FIRST, grab_at_once, wins
from tests.town import Reservation, Town
from tests.town.answers import refusal_in

FIFTY = 50


@pytest.mark.parametrize(
    ("act", "one_wins"), [("reserve", True), ("reserve_looking_first", False)], ids=["the act", "control"]
)
async def test_one_of_fifty_customers_gets_the_last_portion(town: Town, act: str, one_wins: bool) -> None:
    await town.changes(RESERVE_LOOKING_FIRST)
    people = [await town.a_customer() for _ in range(FIFTY)]
    lot = await town.a_lot(left=1)

    outcomes = await grab_at_once(town, people, [lot] * FIFTY, act=act)

    assert (wins(outcomes) == 1) is one_wins
    assert (await town.stock_is_exact()) is one_wins
    assert {outcome.refusal for outcome in outcomes} <= {None, "lot.sold_out"}


async def test_one_of_fifty_beneficiaries_gets_the_last_free_portion(town: Town) -> None:
    people = [await town.a_beneficiary() for _ in range(FIFTY)]
    lot = await town.a_free_lot(left=1)

    outcomes = await grab_at_once(town, people, [lot] * FIFTY)

    assert wins(outcomes) == 1
    assert await town.left(lot) == 0
    # The refused people keep their whole quota of the day.
    assert await town.value("select sum(taken) from app.free_portions") == 1


async def test_one_of_fifty_http_requests_gets_the_last_portion(town: Town) -> None:
    people = [await town.a_customer() for _ in range(FIFTY)]
    lot = await town.a_lot(left=1)

    answers = await asyncio.gather(*(person.sends_reservation(lot) for person in people))

    refusals = [refusal_in(answer).code for answer in answers if not answer.is_success]
    assert refusals == ["lot.sold_out"] * (FIFTY - 1)
    assert await town.left(lot) == 0
    assert await town.value("select count(*) from app.reservations") == 1
    assert await town.value("select count(*) from app.payments") == 1


async def test_seventeen_portions_are_sold_to_seventeen_of_fifty(town: Town) -> None:
    people = [await town.a_customer() for _ in range(FIFTY)]
    lot = await town.a_lot(left=17)

    outcomes = await grab_at_once(town, people, [lot] * FIFTY)

    assert wins(outcomes) == 17
    assert await town.left(lot) == 0
    assert await town.stock_is_exact()


async def test_cancelled_portions_are_resold_and_never_twice(town: Town) -> None:
    people = [await town.a_customer() for _ in range(8)]
    lot = await town.a_lot(left=3)

    async def comes_and_goes(number: int) -> int:
        kept = 0
        for round_ in range(6):
            answer = await people[number].sends_reservation(lot)
            if answer.is_success:
                made = Reservation(answer.json()["id"], lot.id, "held", answer.json())
                if (number + round_) % 3:
                    await people[number].cancels(made)
                else:
                    kept += 1
            else:
                assert refusal_in(answer).code == "lot.sold_out"
        return kept

    kept = sum(await asyncio.gather(*(comes_and_goes(number) for number in range(len(people)))))

    assert kept == 3 - await town.left(lot)
    assert await town.stock_is_exact()
    await town.worker_runs()
    assert await town.charged_cents() == 0
