"""Idempotency keys: one key sent fifty times at once has one effect and fifty identical answers."""

import asyncio
from uuid import uuid4

from tests.races.hands import grab, wins
from tests.town import Town
from tests.town.answers import refusal_in

FIFTY = 50


async def test_one_key_sent_fifty_times_makes_one_free_reservation(town: Town) -> None:
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(left=5)

    answers = await asyncio.gather(*(amina.sends_reservation(lot, key="once") for _ in range(FIFTY)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await town.left(lot) == 4
    assert await town.taken_today(amina) == 1


async def test_one_key_sent_fifty_times_makes_one_hold_and_one_payment(town: Town) -> None:
    marc = await town.a_customer()
    lot = await town.a_lot(left=5)

    answers = await asyncio.gather(*(marc.sends_reservation(lot, key="once") for _ in range(FIFTY)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await town.left(lot) == 4
    assert await town.value("select count(*) from app.payments") == 1
    reservation = answers[0].json()["id"]
    intents = (await town.stripe.ledger())["payments"]
    assert len([i for i in intents if i["metadata"].get("reservation_id") == reservation]) == 1
    # The kept answer is encrypted: a dump does not show the client secret.
    kept = await town.value("select body from app.idempotency_keys where key = 'once'")
    assert answers[0].json()["payment"]["client_secret"] not in kept


async def test_the_reserve_act_called_fifty_times_returns_one_reservation(town: Town) -> None:
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(left=5)

    async with town.copy.connections(FIFTY) as connections:
        outcomes = await asyncio.gather(*(grab(c, amina, lot, key="once") for c in connections))

    assert wins(outcomes) == FIFTY
    assert len({outcome.reservation for outcome in outcomes}) == 1
    assert await town.left(lot) == 4


async def test_control_fifty_different_keys_make_fifty_reservations(town: Town) -> None:
    marc = await town.a_customer()
    lot = await town.a_lot(left=FIFTY)

    async with town.copy.connections(FIFTY) as connections:
        await asyncio.gather(*(grab(c, marc, lot) for c in connections))

    assert await town.left(lot) == 0


async def test_one_key_sent_fifty_times_registers_one_shop(town: Town) -> None:
    sophie = await town.a_merchant()
    shop = town.shop_fields()

    answers = await asyncio.gather(*(sophie.asks("POST", "/shops", shop, key="once") for _ in range(FIFTY)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await town.value("select count(*) from app.shops") == 1


async def test_one_key_sent_fifty_times_cancels_once(town: Town) -> None:
    amina = await town.a_beneficiary()
    reservation = await amina.reserves(await town.a_free_lot(left=5))

    path = f"/reservations/{reservation.id}/cancel"
    answers = await asyncio.gather(*(amina.asks("POST", path, key="once") for _ in range(FIFTY)))

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert await town.taken_today(amina) == 0
    assert await town.stock_is_exact()


async def test_a_key_reused_for_another_request_is_refused(town: Town) -> None:
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(left=5)
    key = str(uuid4())
    first = await amina.sends_reservation(lot, 1, key=key)

    refusal = await amina.tries_to_reserve(lot, 2, key=key)

    assert (refusal.status, refusal.code) == (422, "idempotency.mismatch")
    assert await town.left(lot) == 4
    assert (await amina.sends_reservation(lot, 1, key=key)).content == first.content


async def test_the_same_key_of_two_people_is_two_keys(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    lot = await town.a_lot(left=5)

    answers = await asyncio.gather(*(person.sends_reservation(lot, key="once") for person in [marc, lea] * 10))

    assert len({answer.json()["id"] for answer in answers}) == 2
    assert await town.left(lot) == 3


async def test_a_refused_request_can_be_repeated_with_its_key(town: Town) -> None:
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    lot = await town.a_lot(left=1)
    hers = await lea.reserves(lot)
    assert (await marc.tries_to_reserve(lot, key="mine")).code == "lot.sold_out"

    await lea.cancels(hers)

    assert (await marc.reserves(lot, key="mine")).status == "held"


async def test_a_reservation_without_a_key_is_refused(town: Town) -> None:
    marc = await town.a_customer()
    lot = await town.a_lot(left=5)

    answer = await marc.asks("POST", f"/lots/{lot.id}/reservations", {"quantity": 1})

    assert (refusal_in(answer).status, refusal_in(answer).code) == (422, "idempotency.key_missing")
    assert await town.left(lot) == 5
