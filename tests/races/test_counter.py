"""Concurrent handovers: one handover and five wrong PINs a pass, and impact totals that miss no entry."""

import asyncio
import json

import pytest

from tests.faults.test_payment_races import wait_for_lock_waits
from tests.town import Beneficiary, Lot, Merchant, Pass, Reservation, Town, refused
from tests.town.answers import refusal_in
from tests.town.databases import API, WORKER, Connection

TWENTY = 20


async def ready(town: Town, *, left: int = 5) -> tuple[Merchant, Beneficiary, Reservation, Pass]:
    """Return a free portion that can be collected now: its merchant, holder, reservation and pass."""
    amina = await town.a_beneficiary()
    lot = await town.a_free_lot(left=left)
    reservation = await amina.reserves(lot)
    shown = await amina.pass_for(reservation)
    await town.opens(lot)
    return lot.shop.merchant, amina, reservation, shown


async def rewrite_function(town: Town, function: str, before: str, after: str) -> None:
    """Replace a piece of a function in this town's database, for a control that shows what the piece protects."""
    text: str = await town.value("select pg_get_functiondef(to_regproc($1))", f"app.{function}")
    assert before in text
    await town.changes(text.replace(before, after))


async def test_a_pass_shown_twenty_times_at_once_is_handed_over_once(town: Town) -> None:
    merchant, _, _, shown = await ready(town)
    body = {"qr": shown.qr, "pin": shown.pin}

    answers = await asyncio.gather(*(merchant.asks("POST", "/pickups", body) for _ in range(TWENTY)))

    refusals = [refusal_in(answer).code for answer in answers if not answer.is_success]
    assert refusals == ["pass.already_used"] * (TWENTY - 1)
    assert await town.value("select count(*) from app.impact_entries") == 1


@pytest.mark.parametrize("locked", [True, False], ids=["the act", "control"])
async def test_twenty_concurrent_wrong_pins_use_up_five_tries(town: Town, locked: bool) -> None:
    if not locked:
        await rewrite_function(town, "pick_up", "for update of p;", "; perform pg_sleep(0.1);")
        await town.changes("alter table app.passes drop constraint passes_wrong_tries_check")
    merchant, amina, reservation, shown = await ready(town)

    async def guess(connection: Connection) -> tuple[str, int | None]:
        row = await connection.fetchrow("select * from app.pick_up($1, $2, false)", merchant.id, shown.code)
        assert row is not None
        return row["problem"], row["tries_left"]

    async with town.copy.connections(TWENTY) as connections:
        outcomes = await asyncio.gather(*(guess(connection) for connection in connections))

    answered = sorted(left for problem, left in outcomes if problem == "pass.wrong_pin" and left is not None)
    if locked:
        assert answered == [0, 1, 2, 3, 4]
        assert [problem for problem, _ in outcomes].count("pass.locked") == TWENTY - 5
        assert (await merchant.tries_to_hand_over(shown)).code == "pass.locked"
        await amina.posts(f"/reservations/{reservation.id}/pass")
        assert (await merchant.tries_to_hand_over(shown)).code == "pass.unknown"
        await merchant.hands_over(await amina.pass_for(reservation))
    else:
        assert answered != [0, 1, 2, 3, 4]


@pytest.mark.parametrize("round_", range(3))
async def test_concurrent_handover_and_cancellation_exclude_each_other(town: Town, round_: int) -> None:
    merchant, amina, reservation, shown = await ready(town)
    body = {"qr": shown.qr, "pin": shown.pin}

    handed, cancelled = await asyncio.gather(
        merchant.asks("POST", "/pickups", body), amina.asks("POST", f"/reservations/{reservation.id}/cancel")
    )

    assert handed.is_success != cancelled.is_success
    collected = handed.is_success
    assert await town.status_of(reservation) == ("picked_up" if collected else "cancelled")
    assert await town.value("select count(*) from app.impact_entries") == int(collected)
    assert await town.value("select remaining from app.lot_stock") == (4 if collected else 5)
    assert await town.stock_is_exact()


async def test_a_handover_during_a_withdrawal_sends_no_cancellation_mail(town: Town) -> None:
    merchant, _, reservation, shown = await ready(town)
    lot = await town.value("select lot_id from app.reservations where id = $1", reservation.id)

    async with town.copy.connection(API) as counter:
        async with counter.transaction():
            await counter.fetchrow("select * from app.pick_up($1, $2, true)", merchant.id, shown.code)
            withdrawn = asyncio.ensure_future(merchant.posts(f"/lots/{lot}/withdraw"))
            await wait_for_lock_waits(town, 1)
        await withdrawn

    assert await town.status_of(reservation) == "picked_up"
    assert await town.value("select count(*) from app.notices where event = 'lot_withdrawn'") == 0


async def test_renewing_a_pass_while_it_is_shown_leaves_one_valid_pass(town: Town) -> None:
    merchant, amina, reservation, shown = await ready(town)
    body = {"qr": shown.qr, "pin": shown.pin}

    answers = await asyncio.gather(
        merchant.asks("POST", "/pickups", body), amina.asks("POST", f"/reservations/{reservation.id}/pass")
    )

    if answers[0].is_success:
        assert await town.status_of(reservation) == "picked_up"
    else:
        assert refusal_in(answers[0]).code == "pass.unknown"
        await merchant.hands_over(await amina.pass_for(reservation))
    assert await town.value("select count(*) from app.impact_entries") == 1


@pytest.mark.parametrize("watermark", ["oldest running", "control: newest finished"])
async def test_a_handover_that_commits_late_is_counted_in_the_total(town: Town, watermark: str) -> None:
    if "control" in watermark:
        await rewrite_function(
            town, "add_up_impact", "pg_snapshot_xmin(pg_current_snapshot())", "pg_snapshot_xmax(pg_current_snapshot())"
        )
    lot = await town.a_lot(left=5)
    passes = [await _confirmed(town, lot) for _ in range(3)]
    await town.opens(lot)
    hand_over = "select app.pick_up($1, $2, true)"

    async with (
        town.copy.connection(API) as slow,
        town.copy.connection(API) as quick,
        town.copy.connection(WORKER) as worker,
    ):
        async with slow.transaction():
            await slow.execute(hand_over, lot.shop.merchant.id, passes[0])
            await quick.execute(hand_over, lot.shop.merchant.id, passes[1])
            await worker.execute("select app.add_up_impact()")
            await quick.execute(hand_over, lot.shop.merchant.id, passes[2])
        await worker.execute("select app.add_up_impact()")
        meals = (await _public_impact(quick))["meals"]
        for _ in range(2):
            await worker.execute("select app.add_up_impact()")

        assert await town.value("select count(*) from app.impact_entries") == 3
        assert (meals == 3) is ("control" not in watermark)
        assert (await _public_impact(quick))["meals"] == meals


async def test_concurrent_handovers_do_not_wait_for_the_totals_row(town: Town) -> None:
    lot = await town.a_lot(left=TWENTY)
    passes = [await _confirmed(town, lot) for _ in range(TWENTY)]
    await town.opens(lot)

    async with town.copy.connections(TWENTY) as connections, town.copy.connection() as adding:
        async with adding.transaction():
            await adding.execute("select from app.impact_totals for update")
            await asyncio.gather(
                *(
                    connection.execute("select app.pick_up($1, $2, true)", lot.shop.merchant.id, code, timeout=20)
                    for connection, code in zip(connections, passes, strict=True)
                )
            )
        assert (await _public_impact(connections[0]))["meals"] == TWENTY


async def test_two_concurrent_handovers_to_one_person_count_one_person_helped(town: Town) -> None:
    amina = await town.a_beneficiary()
    lots = [await town.a_free_lot(), await town.a_free_lot()]
    passes = [await amina.pass_for(await amina.reserves(lot)) for lot in lots]
    await town.opens(lots[0])

    await asyncio.gather(*(lot.shop.merchant.hands_over(shown) for lot, shown in zip(lots, passes, strict=True)))

    entries = await town.rows("select people_helped from app.impact_entries")
    assert sorted(row["people_helped"] for row in entries) == [0, 1]
    impact = (await town.request("GET", "/v1/impact")).json()
    assert (impact["people_helped"], impact["meals"]) == (0, 2), "one person is too few to be published"


async def _confirmed(town: Town, lot: Lot) -> str:
    """Reserve a portion, mark it as paid, and return the code of its pass."""
    marc = await town.a_customer()
    async with town.copy.connection(API) as api:
        code = "".join(str(number) for number in marc.id.bytes)[:10]
        await api.execute("select app.reserve($1, $2, 1, 'key', '', $3)", marc.id, lot.id, code)
    await town.changes("update app.reservations set status = 'confirmed' where account_id = $1", marc.id)
    return code


async def _public_impact(connection: Connection) -> dict[str, float]:
    figures: dict[str, float] = json.loads(await connection.fetchval("select app.public_impact()"))
    return figures


async def test_an_unknown_pass_shown_twenty_times_at_once_counts_every_try(town: Town) -> None:
    merchant, _, _, shown = await ready(town)
    answers = await asyncio.gather(
        *(refused(merchant.posts("/pickups", {"code": "0000000000", "pin": shown.pin})) for _ in range(TWENTY))
    )
    assert {answer.code for answer in answers} == {"pass.unknown"}
    assert await town.value("select hits from app.throttles") == TWENTY
