"""Concurrent payments, cancellations and worker runs: exactly the kept reservations are paid for."""

import asyncio
from datetime import timedelta

from tests.town import Customer, Reservation, Town


async def test_concurrent_payments_and_cancellations_keep_money_and_stock_right(town: Town) -> None:
    lot = await town.a_lot(left=20, opens_in=timedelta(days=1))
    customers = [await town.a_customer() for _ in range(8)]
    holds = [(customer, await customer.reserves(lot)) for customer in customers]

    async def cancels(customer: Customer, reservation: Reservation) -> None:
        await customer.asks("POST", f"/reservations/{reservation.id}/cancel")

    await asyncio.gather(
        *(town.stripe.pay(reservation.client_secret) for _, reservation in holds[:6]),
        *(cancels(customer, reservation) for customer, reservation in holds[2:]),
        town.worker_runs(),
    )
    await town.stripe.webhooks_quiet()
    await town.worker_runs()
    await town.clock(await town.now() + timedelta(minutes=11))
    await town.worker_runs()

    for _, reservation in holds:
        charged, given_back = await town.money(reservation)
        kept = await town.status_of(reservation) == "confirmed"
        assert charged - given_back == (400 if kept else 0)
        assert charged <= 400
    assert [await town.status_of(reservation) for _, reservation in holds[:2]] == ["confirmed"] * 2
    assert await town.stock_is_exact()
    statuses = {row["status"] for row in await town.rows("select status from app.payments")}
    assert statuses <= {"succeeded", "cancelled", "refunded"}
