"""A payment races with an act that ends its hold, in either order: money and stock always agree."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.town import Customer, Lot, Reservation, Town
from tests.town.databases import WORKER

PAID_FOR = ("confirmed", "picked_up", "no_show")


async def in_line(town: Town, lot: Lot, *acts: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Start the acts one after the other while the lot is locked, so that they get the lock in this order."""
    async with town.copy.connection() as gate:
        async with gate.transaction():
            await gate.execute("select from app.lot_stock where lot_id = $1 for update", lot.id)
            begun: list[asyncio.Future[Any]] = []
            for act in acts:
                begun.append(asyncio.ensure_future(act()))
                await wait_for_lock_waits(town, len(begun))
        return await asyncio.gather(*begun, return_exceptions=True)


async def wait_for_lock_waits(town: Town, count: int) -> None:
    """Wait until this many statements of this database wait for a lock."""
    async with asyncio.timeout(10):
        while (
            await town.value(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            < count
        ):
            await asyncio.sleep(0.01)


async def nothing_is_open(town: Town) -> None:
    """Run the worker; then assert that no payment is open and the stock is exact."""
    await town.worker_runs()
    open_ones = await town.rows(
        "select status from app.payments where status in ('intended', 'pending', 'cancel_due', 'refund_due')"
    )
    assert open_ones == []
    assert await town.stock_is_exact()


class Purchase:
    """A hold that its customer has paid for at Stripe, while we have not heard of the payment yet."""

    def __init__(self, town: Town, customer: Customer, lot: Lot, reservation: Reservation) -> None:
        self.town, self.customer, self.lot, self.reservation = town, customer, lot, reservation

    @classmethod
    async def begun(cls, town: Town, *, opens_in: timedelta = timedelta(hours=3)) -> "Purchase":
        lot = await town.a_lot(left=3, price_cents=400, opens_in=opens_in)
        customer = await town.a_customer()
        await town.ensure_served()
        await town.stripe.webhooks("hold")
        reservation = await customer.reserves(lot, 2)
        assert (await town.stripe.pay(reservation.client_secret))["status"] == "succeeded"
        return cls(town, customer, lot, reservation)

    async def settles(self) -> None:
        """Record, as the worker does, that Stripe took the money."""
        async with self.town.copy.connection(WORKER) as worker:
            await worker.fetchval(
                "select app.settle_payment(p.id, p.stripe_payment_intent, 'succeeded', p.amount_cents)"
                " from app.payments p where p.reservation_id = $1",
                self.reservation.id,
            )

    async def lapses(self) -> None:
        async with self.town.copy.connection(WORKER) as worker:
            await worker.fetchval("select app.lapse_holds(10)")

    async def is_cancelled(self) -> None:
        await self.customer.cancels(self.reservation)

    async def is_withdrawn(self) -> None:
        await self.lot.shop.merchant.withdraws(self.lot)


@pytest.mark.parametrize("order", list(permutations(["settles", "lapses", "is_cancelled", "is_withdrawn"], 2)))
async def test_payment_and_the_end_of_its_hold_in_any_order_keep_money_right(
    lasting_town: Town, order: tuple[str, str]
) -> None:
    town = lasting_town
    purchase = await Purchase.begun(town)
    await town.changes(
        "update app.reservations set hold_until = now() - interval '1 minute' where id = $1", purchase.reservation.id
    )

    await in_line(town, purchase.lot, *(getattr(purchase, act) for act in order))
    await nothing_is_open(town)

    status = await town.status_of(purchase.reservation)
    charged, returned = await town.money(purchase.reservation)
    assert charged - returned == (800 if status in PAID_FOR else 0), status
    assert charged == 800, "paid at Stripe before anything else happened"
    # The act that locks the lot first decides; a later cancellation or withdrawal ends a confirmed reservation.
    expected = {"settles": "confirmed", "lapses": "expired", "is_cancelled": "cancelled", "is_withdrawn": "cancelled"}
    first, second = order
    ends_what_is_confirmed = first == "settles" and second in ("is_cancelled", "is_withdrawn")
    assert status == expected[second if ends_what_is_confirmed else first]


async def test_a_cancellation_overtaken_by_a_payment_meets_the_deadline(lasting_town: Town) -> None:
    """One hour before the window, a hold can still be cancelled free of charge; a confirmed reservation cannot."""
    town = lasting_town
    purchase = await Purchase.begun(town, opens_in=timedelta(hours=1))

    await in_line(town, purchase.lot, purchase.settles, purchase.is_cancelled)
    await nothing_is_open(town)

    assert await town.status_of(purchase.reservation) == "cancelled"
    assert await town.money(purchase.reservation) == (800, 0)
    assert await town.left(purchase.lot) == 3


async def test_a_hold_cancelled_before_its_payment_is_known_is_refunded(lasting_town: Town) -> None:
    town = lasting_town
    purchase = await Purchase.begun(town, opens_in=timedelta(hours=1))

    await in_line(town, purchase.lot, purchase.is_cancelled, purchase.settles)
    await nothing_is_open(town)

    assert await town.money(purchase.reservation) == (800, 800)
