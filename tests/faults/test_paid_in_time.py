"""Whoever paid within their hold gets the portions although we hear of it late, if they are still there."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from scripts.proofs.audit import DATABASE
from tests.faults.test_payment_races import in_line
from tests.races.test_suspended_lots import rewrite_function
from tests.town import Customer, Lot, Reservation, Town
from tests.town.databases import WORKER

LAPSED = "coalesce(paid_at <= r.hold_until, false)"
WAITS = "and not (r.hold_until > app.clock() - interval '5 minutes' and exists ("


@pytest.fixture
async def paid_town(town: Town) -> AsyncIterator[Town]:
    await town.ensure_served()
    yield town
    await town.stripe.clock(ahead_seconds=0)
    await town.stripe.webhooks("release")


async def minutes_pass(town: Town, minutes: float) -> None:
    await town.clock(await town.now() + timedelta(minutes=minutes))


async def paid_holds(town: Town, lot: Lot, count: int) -> list[tuple[Customer, Reservation]]:
    """Return holds that are paid at Stripe, while the worker is stopped."""
    holds = []
    for number in range(count):
        customer = await town.a_customer(f"Customer {number}")
        holds.append((customer, await customer.reserves(lot)))
        assert (await town.stripe.pay(holds[-1][1].client_secret))["status"] == "succeeded"
    return holds


async def statuses(town: Town, holds: list[tuple[Customer, Reservation]]) -> list[str]:
    return [await town.status_of(hold) for _, hold in holds]


async def lapse(town: Town) -> None:
    async with town.copy.connection(WORKER) as worker:
        await worker.fetchval("select app.lapse_holds(10)")


async def consistent(town: Town) -> bool:
    return await town.stock_is_exact() and await town.rows(DATABASE) == []


async def test_four_who_paid_in_time_get_their_portions_after_the_worker_stopped(paid_town: Town) -> None:
    """Somebody waits for the lot, so a portion that went back would be given away before its payment is looked at."""
    town, lot = paid_town, await paid_town.a_lot(left=4)
    holds = await paid_holds(town, lot, 4)
    entry = await (await town.a_customer("Léa")).waits(lot)
    await town.stripe.webhooks_quiet()

    await minutes_pass(town, 11)
    await town.worker_runs()

    assert await statuses(town, holds) == ["confirmed"] * 4
    assert [await town.money(hold) for _, hold in holds] == [(400, 0)] * 4
    assert await town.value("select status from app.waiting where id = $1::text::uuid", entry["id"]) == "waiting"
    assert await town.left(lot) == 0
    assert await consistent(town)


async def test_control_without_waiting_for_the_news_the_portions_are_given_away(paid_town: Town) -> None:
    town, lot = paid_town, await paid_town.a_lot(left=4)
    await rewrite_function(town, "lapse_holds", (WAITS, "and not (false and exists ("))
    holds = await paid_holds(town, lot, 4)
    await (await town.a_customer("Léa")).waits(lot)
    await town.stripe.webhooks_quiet()

    await minutes_pass(town, 11)
    await town.worker_runs()

    assert sorted(await statuses(town, holds)) == ["confirmed"] * 3 + ["expired"]


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_paying_in_time_restores_the_portions_when_the_event_was_lost(paid_town: Town, careful: bool) -> None:
    town, lot = paid_town, await paid_town.a_lot(left=4)
    if not careful:
        await rewrite_function(town, "settle_payment", (LAPSED, "false"))
    await town.stripe.webhooks("hold")
    holds = await paid_holds(town, lot, 3)
    shown = {}

    await minutes_pass(town, 11)
    await lapse(town)
    assert await statuses(town, holds) == ["expired"] * 3
    await town.worker_runs()

    assert await statuses(town, holds) == ["confirmed" if careful else "expired"] * 3
    assert [await town.money(hold) for _, hold in holds] == [(400, 0 if careful else 400)] * 3
    assert await town.left(lot) == (1 if careful else 4)
    assert await consistent(town)
    if careful:
        await town.opens(lot)
        for customer, hold in holds:
            shown = await lot.shop.merchant.hands_over(await customer.pass_for(hold))
            assert shown["quantity"] == 1


async def test_a_hold_whose_payment_was_only_announced_lapses_after_five_minutes(paid_town: Town) -> None:
    town, lot, marc = paid_town, await paid_town.a_lot(left=1), await paid_town.a_customer()
    held = await marc.reserves(lot)
    await town.changes(
        "insert into app.stripe_events (id, type, stripe_payment_intent)"
        " select 'evt_lies', 'payment_intent.succeeded', stripe_payment_intent from app.payments"
    )
    await minutes_pass(town, 14)
    await lapse(town)
    assert await town.status_of(held) == "held"
    await minutes_pass(town, 2)
    await lapse(town)
    assert (await town.status_of(held), await town.left(lot)) == ("expired", 1)


async def test_a_hold_paid_in_time_is_confirmed_on_the_use_by_day_of_its_food(paid_town: Town) -> None:
    town = paid_town
    noon = (await town.now()).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    await town.clock(noon)
    await town.stripe.webhooks("hold")
    lot = await town.a_lot(left=2, opens_in=timedelta(hours=1), date_kind="use_by", food_date=noon.date())
    holds = await paid_holds(town, lot, 1)
    await minutes_pass(town, 11)
    await lapse(town)
    assert await statuses(town, holds) == ["expired"]
    await town.worker_runs()

    assert await statuses(town, holds) == ["confirmed"]
    assert [await town.money(hold) for _, hold in holds] == [(400, 0)]
    assert await consistent(town)


async def test_paying_after_the_hold_is_refunded_even_with_portions_left(paid_town: Town) -> None:
    town, lot, marc = paid_town, await paid_town.a_lot(left=2), await paid_town.a_customer()
    held = await marc.reserves(lot)
    await minutes_pass(town, 11)
    await lapse(town)
    await town.stripe.clock(ahead_seconds=11 * 60)
    await town.stripe.pay(held.client_secret)
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    assert (await town.status_of(held), await town.money(held)) == ("expired", (400, 400))
    assert await town.left(lot) == 2


async def test_paying_in_time_is_refunded_when_the_portions_are_gone(paid_town: Town) -> None:
    town, lot = paid_town, await paid_town.a_lot(left=1)
    await town.stripe.webhooks("hold")
    ((_, hold),) = await paid_holds(town, lot, 1)
    await minutes_pass(town, 11)
    await lapse(town)
    nora = await town.a_customer("Nora")
    taken = await nora.reserves(lot)
    await town.worker_runs()

    assert (await town.status_of(hold), await town.money(hold)) == ("expired", (400, 400))
    assert await town.status_of(taken) == "held"
    assert await town.stock_is_exact()


@pytest.mark.parametrize("change", ["withdrawn", "over", "suspended", "erased"])
async def test_nothing_is_given_back_when_it_could_not_be_collected(paid_town: Town, change: str) -> None:
    town, lot = paid_town, await paid_town.a_lot(left=2)
    await town.stripe.webhooks("hold")
    ((marc, hold),) = await paid_holds(town, lot, 1)
    await minutes_pass(town, 11)
    await lapse(town)
    if change == "withdrawn":
        await lot.shop.merchant.withdraws(lot)
    elif change == "over":
        await town.clock(lot.pickup_end)
    elif change == "suspended":
        await (await town.an_admin()).suspends_account(lot.shop.merchant)
    else:
        async with town.copy.connection() as sql:
            await sql.execute("select app.erase_account($1, 'asked')", marc.id)
    await town.worker_runs()

    assert (await town.status_of(hold), await town.money(hold)) == ("expired", (400, 400))
    assert await town.stock_is_exact()


@pytest.mark.parametrize("change", ["allergens", "window", "price"])
async def test_a_payment_is_refunded_when_the_lot_changed_after_its_hold_lapsed(paid_town: Town, change: str) -> None:
    town = paid_town
    lot = await town.a_lot(left=4, opens_in=timedelta(hours=5))
    await town.stripe.webhooks("hold")
    ((_, hold),) = await paid_holds(town, lot, 1)
    await minutes_pass(town, 11)
    await lapse(town)
    edit = {
        "allergens": {"allergens": ["milk"]},
        "window": {
            "pickup_start": (lot.pickup_start - timedelta(hours=4)).isoformat(),
            "pickup_end": (lot.pickup_start - timedelta(hours=3)).isoformat(),
        },
        "price": {"price_cents": 250},
    }[change]
    answer = await lot.shop.merchant.asks("PATCH", f"/lots/{lot.id}", edit)
    assert answer.status_code == 200, answer.text
    await town.worker_runs()

    assert (await town.status_of(hold), await town.money(hold)) == ("expired", (400, 400))
    assert await town.left(lot) == 4
    assert await consistent(town)


async def test_a_gift_that_was_paid_in_time_is_offered_after_its_hold_lapsed(paid_town: Town) -> None:
    town, lot, marc = paid_town, await paid_town.a_lot(left=2), await paid_town.a_customer()
    await town.stripe.webhooks("hold")
    gift = await marc.suspends(lot)
    await town.stripe.pay(gift.client_secret)
    await minutes_pass(town, 11)
    await lapse(town)
    await town.worker_runs()

    assert (await marc.gift(gift))["status"] == "offered"
    assert await town.left(lot) == 1
    assert (await (await town.a_beneficiary()).reserves(await town.suspended_lot_of(lot))).status == "confirmed"
    assert await consistent(town)


async def settles(town: Town, hold: Reservation) -> None:
    """Report, as the worker does, that Stripe took the money when the hold began."""
    async with town.copy.connection(WORKER) as worker:
        await worker.fetchval(
            "select app.settle_payment(p.id, p.stripe_payment_intent, 'succeeded', p.amount_cents, r.created_at)"
            " from app.payments p join app.reservations r on r.id = p.reservation_id where r.id = $1",
            hold.id,
        )


@pytest.mark.parametrize("order", list(permutations(["lapses", "settles"])))
async def test_a_hold_paid_in_time_is_confirmed_whether_it_lapsed_first(
    paid_town: Town, order: tuple[str, str]
) -> None:
    town, lot = paid_town, await paid_town.a_lot(left=1)
    await town.stripe.webhooks("hold")
    ((_, hold),) = await paid_holds(town, lot, 1)
    await minutes_pass(town, 11)

    acts = {"lapses": lambda: lapse(town), "settles": lambda: settles(town, hold)}
    await in_line(town, lot, *(acts[act] for act in order))
    await town.worker_runs()

    assert (await town.status_of(hold), await town.money(hold)) == ("confirmed", (400, 0))
    assert await consistent(town)


@pytest.mark.parametrize("order", list(permutations(["reserves", "settles"])))
async def test_a_late_payment_and_a_reservation_sell_the_last_portion_once(
    paid_town: Town, order: tuple[str, str]
) -> None:
    """Whoever locks the lot first gets the portion, and nobody pays for what they do not get."""
    town, lot, nora = paid_town, await paid_town.a_lot(left=1), await paid_town.a_customer("Nora")
    await town.stripe.webhooks("hold")
    ((_, hold),) = await paid_holds(town, lot, 1)
    await minutes_pass(town, 11)
    await lapse(town)

    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "reserves": lambda: nora.sends_reservation(lot),
        "settles": lambda: settles(town, hold),
    }
    outcomes = await in_line(town, lot, *(acts[act] for act in order))
    first = order[0] == "reserves"
    assert outcomes[order.index("reserves")].status_code == (201 if first else 409)
    await town.worker_runs()

    assert await town.status_of(hold) == ("expired" if first else "confirmed")
    assert await town.money(hold) == (400, 400 if first else 0)
    assert await town.left(lot) == 0
    assert await town.stock_is_exact()
