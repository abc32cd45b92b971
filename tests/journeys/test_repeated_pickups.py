"""Repeated pickups after a lost answer: the same request gets the same answer. Also the limits on guessing."""

import asyncio
from typing import Any

import pytest

from tests.town import Pass, Town, refused


async def a_pass(town: Town, kind: str) -> tuple[Any, Pass]:
    """Return a merchant and a pass that can be collected now."""
    if kind == "free":
        lot = await town.a_free_lot()
        amina = await town.a_beneficiary()
        shown = await amina.pass_for(await amina.reserves(lot))
    else:
        lot = await town.a_lot()
        marc = await town.a_customer()
        shown = await marc.pass_for(await marc.buys(lot))
    await town.opens(lot)
    return lot.shop.merchant, shown


@pytest.mark.parametrize("kind", ["free", "paid"])
async def test_a_pickup_repeated_with_its_key_gets_the_same_answer(town: Town, kind: str) -> None:
    merchant, shown = await a_pass(town, kind)
    body = {"qr": shown.qr, "pin": shown.pin}

    answers = await asyncio.gather(*(merchant.asks("POST", "/pickups", body, key="counter-1") for _ in range(10)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert await town.value("select count(*) from app.impact_entries") == 1
    assert (await refused(merchant.posts("/pickups", body, key="counter-2"))).code == "pass.already_used"
    assert (await merchant.tries_to_hand_over(shown)).code == "pass.already_used"


@pytest.mark.parametrize("kind", ["free", "paid"])
async def test_a_wrong_pin_repeated_with_its_key_counts_once(town: Town, kind: str) -> None:
    merchant, shown = await a_pass(town, kind)
    wrong = {"qr": shown.qr, "pin": shown.wrong_pin}

    first = await refused(merchant.posts("/pickups", wrong, key="counter-1"))
    again = await refused(merchant.posts("/pickups", wrong, key="counter-1"))
    guess = await refused(merchant.posts("/pickups", {"qr": shown.qr, "pin": shown.pin}, key="counter-1"))

    assert (first.code, first.body["tries_left"]) == ("pass.wrong_pin", 4)
    assert (again.code, again.body["tries_left"]) == ("pass.wrong_pin", 4)
    assert guess.code == "idempotency.mismatch"
    assert await town.value("select wrong_tries from app.passes") == 1
    assert await town.value("select count(*) from app.impact_entries") == 0
    await merchant.hands_over(shown)


async def test_a_merchant_who_guesses_passes_is_limited(town: Town) -> None:
    merchant, shown = await a_pass(town, "free")
    for _ in range(4):
        assert (await merchant.tries_to_hand_over(shown, pin=shown.wrong_pin)).code == "pass.wrong_pin"
    for number in range(26):
        stranger = {"code": f"00000000{number:02d}", "pin": "123456"}
        assert (await refused(merchant.posts("/pickups", stranger))).code == "pass.unknown"

    stopped = await merchant.tries_to_hand_over(shown)

    assert stopped.code == "rate.limited"
    assert {"retry-after", "ratelimit", "ratelimit-policy"} <= set(stopped.headers)
    assert await town.status_of(shown.reservation) == "confirmed"


async def test_guessing_passes_with_many_accounts_is_limited_by_ip(town: Town) -> None:
    guess = {"code": "0000000000", "pin": "123456"}
    merchants = [await town.a_merchant() for _ in range(16)]
    answers = []
    for merchant in merchants:
        merchant.address = "192.0.2.7"
        answers += await asyncio.gather(*(merchant.asks("POST", "/pickups", guess) for _ in range(20)))

    codes = [answer.json()["code"] for answer in answers]

    assert codes[:300] == ["pass.unknown"] * 300
    assert set(codes[300:]) == {"rate.limited"}
