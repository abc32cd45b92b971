"""Repeated pickups after a lost answer: the same request gets the same answer. Also the limits on guessing."""

import asyncio
from collections.abc import Callable
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


def unknown_code(number: int) -> dict[str, str]:
    return {"code": f"00000000{number:02d}", "pin": "123456"}


async def test_a_merchant_who_guesses_codes_still_serves_real_passes(town: Town) -> None:
    merchant, shown = await a_pass(town, "free")
    guesses = [await refused(merchant.posts("/pickups", unknown_code(number))) for number in range(31)]

    assert [guess.code for guess in guesses] == ["pass.unknown"] * 30 + ["rate.limited"]
    assert {"retry-after", "ratelimit", "ratelimit-policy"} <= set(guesses[-1].headers)
    await merchant.hands_over(shown, typed=True)


async def test_a_shop_that_guesses_pins_waits_for_these_passes_only(town: Town) -> None:
    lot = await town.a_free_lot(left=10)
    merchant = lot.shop.merchant
    people = [await town.a_beneficiary() for _ in range(9)]
    passes = [await person.pass_for(await person.reserves(lot)) for person in people]
    await town.opens(lot)
    *tried, honest, guessed_once = passes
    for shown in [*tried[:6] * 4, *tried[:6]]:
        assert (await merchant.tries_to_hand_over(shown, pin=shown.wrong_pin)).code == "pass.wrong_pin"
    assert (await merchant.tries_to_hand_over(tried[0])).code == "pass.locked"

    # The limit of 30 is reached: a pass gets its first try, but no more.
    assert (await merchant.tries_to_hand_over(guessed_once, pin=guessed_once.wrong_pin)).code == "pass.wrong_pin"
    stopped = await merchant.tries_to_hand_over(guessed_once)
    assert (stopped.code, "retry-after" in stopped.headers) == ("rate.limited", True)
    assert await town.status_of(guessed_once.reservation) == "confirmed"
    await merchant.hands_over(honest)


FRENCH_COMPUTER = str.maketrans("AQZWM1234567890", "QAWZ,&é\"'(-è_çà")
SCANS: dict[str, Callable[[str], str]] = {
    "small letters": str.lower,
    "kind of the code": lambda qr: "]Q1" + qr,
    "french computer, with shift": lambda qr: qr.translate(FRENCH_COMPUTER | str.maketrans("M:", "?M")),
    "french computer, caps lock": lambda qr: qr.translate(str.maketrans("AQZWM:", "QAWZ,M")).lower(),
    "french computer, without shift": lambda qr: (
        "$a&" + qr.translate(FRENCH_COMPUTER | str.maketrans(":", "M")).lower()
    ),
    "french scanner": lambda qr: qr.translate(str.maketrans("AQZWM:1234567890", "QAWZ:.!@#$%^&*()")),
    "spaces": lambda qr: f"\ufeff {qr}\r\n",
}


@pytest.mark.parametrize("scan", SCANS)
async def test_a_qr_is_read_whatever_the_scanner_makes_of_it(town: Town, scan: str) -> None:
    merchant, shown = await a_pass(town, "paid")
    pin = f"{shown.pin[:3]}\u00a0{shown.pin[3:]} "

    await merchant.posts("/pickups", {"qr": SCANS[scan](shown.qr), "pin": pin})

    assert await town.status_of(shown.reservation) == "picked_up"


async def test_a_typed_code_may_have_no_break_spaces_and_dashes(town: Town) -> None:
    merchant, shown = await a_pass(town, "free")
    code = f"\u200b{shown.code[:4].lower()}\u00a0{shown.code[4:7]}\u2011{shown.code[7:]}"

    await merchant.posts("/pickups", {"code": code, "pin": shown.pin})

    assert await town.status_of(shown.reservation) == "picked_up"


async def test_a_scan_that_cannot_be_a_pass_does_not_count_as_a_guess(town: Town) -> None:
    """Nor is the genuine pass of another shop or an older one: nobody guessed it. A forged proof opens nothing."""
    _, elsewhere = await a_pass(town, "paid")
    merchant, shown = await a_pass(town, "free")
    forged = shown.qr[:-1] + ("A" if shown.qr[-1] != "A" else "B")
    for scan in [{"qr": "https://example.org"}, {"qr": forged}, {"qr": elsewhere.qr}, {"code": "3017620422003"}] * 8:
        assert (await refused(merchant.posts("/pickups", {**scan, "pin": shown.pin}))).code == "pass.unknown"

    assert await town.value("select count(*) from app.throttles") == 0
    assert (await refused(merchant.posts("/pickups", unknown_code(0)))).code == "pass.unknown"
    assert await town.value("select count(*) from app.throttles") == 1
    await merchant.hands_over(shown)


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
