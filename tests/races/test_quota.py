"""The quota of two free portions a day and person: under concurrent requests, at midnight and at clock changes."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from tests.races.hands import RESERVE_LOOKING_FIRST, grab, grab_at_once, wins
from tests.town import Beneficiary, Lot, Reservation, Town
from tests.town.answers import refusal_in
from tests.town.databases import Connection

TWENTY = 20

# A clock for each connection, so that requests on both sides of midnight can run at the same time.
CLOCK_OF_THE_CONNECTION = """
create or replace function app.clock() returns timestamptz language sql stable parallel safe as
$$ select coalesce(nullif(current_setting('town.clock', true), '')::timestamptz, now()) $$
"""
DAYS_OF_UTC = """
create or replace function app.local_day(moment timestamptz, zone text) returns date
language sql stable parallel safe as
$$ select (moment at time zone 'UTC')::date $$
"""

MIDNIGHT = {
    "2026-06-09": ["2026-06-09T00:00:00+02:00", "2026-06-09T12:00:00+02:00", "2026-06-09T23:59:59.999999+02:00"],
    "2026-06-10": ["2026-06-10T00:00:00+02:00", "2026-06-10T01:59:59+02:00", "2026-06-10T02:00:00+02:00"],
}
SPRING = {  # 29 March has 23 hours: 02:00 becomes 03:00
    "2026-03-28": ["2026-03-28T00:30:00+01:00", "2026-03-28T23:59:59.999999+01:00"],
    "2026-03-29": [
        "2026-03-29T00:00:00+01:00",
        "2026-03-29T01:59:59.999999+01:00",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T23:59:59.999999+02:00",
    ],
    "2026-03-30": ["2026-03-30T00:00:00+02:00", "2026-03-30T00:59:59+02:00"],
}
AUTUMN = {  # 25 October has 25 hours: 02:30 occurs twice
    "2026-10-24": ["2026-10-24T00:30:00+02:00", "2026-10-24T23:59:59.999999+02:00"],
    "2026-10-25": [
        "2026-10-25T00:00:00+02:00",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-25T23:59:59.999999+01:00",
    ],
    "2026-10-26": ["2026-10-26T00:00:00+01:00", "2026-10-26T00:59:59+01:00"],
}


@pytest.mark.parametrize(
    ("act", "two_win"), [("reserve", True), ("reserve_looking_first", False)], ids=["the act", "control"]
)
async def test_twenty_concurrent_reservations_take_two_portions(town: Town, act: str, two_win: bool) -> None:
    await town.changes(RESERVE_LOOKING_FIRST)
    amina = await town.a_beneficiary()
    shop = await town.a_shop()
    lots = [await town.a_free_lot(left=9, shop=shop) for _ in range(TWENTY)]

    outcomes = await grab_at_once(town, [amina] * TWENTY, lots, act=act)

    assert (wins(outcomes) == 2) is two_win
    assert {outcome.refusal for outcome in outcomes} <= {None, "quota.daily_reached"}
    if two_win:
        assert await town.taken_today(amina) == 2
        assert await town.stock_is_exact()


async def test_twenty_concurrent_http_requests_take_two_portions(town: Town) -> None:
    amina = await town.a_beneficiary()
    lots = [await town.a_free_lot(left=9) for _ in range(4)]

    answers = await asyncio.gather(*(amina.sends_reservation(lots[hand % 4]) for hand in range(TWENTY)))

    refusals = [refusal_in(answer).code for answer in answers if not answer.is_success]
    assert refusals == ["quota.daily_reached"] * (TWENTY - 2)
    assert sum([9 - await town.left(lot) for lot in lots]) == 2


async def test_concurrent_reservations_of_one_to_three_take_at_most_two(town: Town) -> None:
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(left=50)

    async with town.copy.connections(TWENTY) as connections:
        outcomes = await asyncio.gather(*(grab(c, amina, lot, 1 + number % 3) for number, c in enumerate(connections)))

    taken = await town.taken_today(amina)
    assert taken in (1, 2)
    assert wins(outcomes) in (1, 2)
    assert await town.left(lot) == 50 - taken
    assert await town.stock_is_exact()


@pytest.mark.parametrize("calendar", ["Paris", "control: UTC"])
@pytest.mark.parametrize("days", [MIDNIGHT, SPRING, AUTUMN], ids=["midnight", "spring", "autumn"])
async def test_two_portions_can_be_taken_each_paris_day(town: Town, days: dict[str, list[str]], calendar: str) -> None:
    moments = [moment for of_a_day in days.values() for moment in of_a_day]
    amina, lot = await _before(town, moments[0])
    await town.changes(CLOCK_OF_THE_CONNECTION)
    if calendar != "Paris":
        await town.changes(DAYS_OF_UTC)

    taken: Counter[str] = Counter()

    async def reaches_out(connection: Connection, moment: str) -> None:
        await connection.execute("select set_config('town.clock', $1, false)", moment)
        if (await grab(connection, amina, lot)).reservation:
            taken[moment[:10]] += 1

    async with town.copy.connections(4 * len(moments)) as connections:
        hands = [reaches_out(c, m) for c, m in zip(connections, moments * 4, strict=True)]
        if calendar == "Paris":
            await asyncio.gather(*hands)
        else:  # one after the other: run concurrently, even wrong days can give the right totals by chance
            for hand in hands:
                await hand

    if calendar == "Paris":
        assert taken == dict.fromkeys(days, 2)
        rows = await town.rows("select day::text, taken from app.free_portions")
        assert {row["day"]: row["taken"] for row in rows} == dict.fromkeys(days, 2)
    else:
        assert taken != dict.fromkeys(days, 2)


async def test_the_quota_over_http_starts_anew_at_midnight_in_paris(town: Town) -> None:
    amina, lot = await _before(town, "2026-03-28T23:59:59+01:00")
    await amina.reserves(lot, 2)
    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"

    await town.clock("2026-03-29T00:00:00+01:00")
    await amina.reserves(lot, 2)
    await town.clock("2026-03-29T23:59:59+02:00")
    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"
    await town.clock("2026-03-30T00:00:00+02:00")
    await amina.reserves(lot, 1)


async def test_a_cancelled_portion_is_returned_to_the_day_it_was_taken(town: Town) -> None:
    amina, lot = await _before(town, "2026-10-24T22:00:00+02:00")
    yesterdays = await amina.reserves(lot, 2)
    await town.clock("2026-10-25T09:00:00+01:00")
    await amina.reserves(lot, 2)

    await amina.cancels(yesterdays)

    assert (await amina.tries_to_reserve(lot)).code == "quota.daily_reached"
    rows = await town.rows("select day::text, taken from app.free_portions")
    assert {row["day"]: row["taken"] for row in rows} == {"2026-10-24": 0, "2026-10-25": 2}


async def test_concurrent_reserving_and_cancelling_keeps_quota_and_stock(town: Town) -> None:
    amina = await town.a_beneficiary()
    lots = [await town.a_free_lot(left=4) for _ in range(3)]
    seen_at_most = 0

    async def comes_and_goes(hand: int) -> None:
        for round_ in range(8):
            answer = await amina.sends_reservation(lots[(hand + round_) % 3], 1 + round_ % 2)
            if answer.is_success:
                body = answer.json()
                await amina.cancels(Reservation(UUID(body["id"]), UUID(body["lot_id"]), body["status"], body))
            else:
                assert refusal_in(answer).code in ("quota.daily_reached", "lot.sold_out")

    async def watches(done: asyncio.Event) -> None:
        nonlocal seen_at_most
        async with town.copy.connection() as connection:
            while not done.is_set():
                seen_at_most = max(
                    seen_at_most,
                    await connection.fetchval(
                        "select coalesce(sum(quantity), 0) from app.reservations where status = 'confirmed'"
                    ),
                )

    done = asyncio.Event()
    watching = asyncio.create_task(watches(done))
    await asyncio.gather(*(comes_and_goes(hand) for hand in range(10)))
    done.set()
    await watching

    assert seen_at_most <= 2
    assert await town.taken_today(amina) == 0
    assert [await town.left(lot) for lot in lots] == [4, 4, 4]
    await amina.reserves(lots[0], 2)
    assert await town.stock_is_exact()


async def _before(town: Town, moment: str) -> tuple[Beneficiary, Lot]:
    """Set the clock to this moment; return a beneficiary and a free lot to be collected five days later."""
    await town.clock(moment)
    return await town.a_beneficiary(), await town.a_free_lot(left=200, opens_in=timedelta(days=5))
