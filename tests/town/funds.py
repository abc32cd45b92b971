"""Builders for funds: confirmed ones, free portions that were collected, and nights until their lots are closed."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tests.journeys.test_ledger import nights_pass
from tests.town import Lot, Town
from tests.town.things import Organisation, Reservation, Shop


def fund_fields(city: Organisation, today: date, **fields: Any) -> dict[str, Any]:
    """Return a valid body of POST /v1/funds: 150 cents a portion, for two months from the first of this one on."""
    return {
        "organisation_id": str(city.id),
        "name": "Paniers solidaires",
        "ceiling_cents": 1000,
        "first_day": str(today.replace(day=1)),
        "last_day": str(today + timedelta(days=60)),
        "rate_cents": 150,
        **fields,
    }


async def a_fund(town: Town, city: Organisation, *, confirmed: bool = True, **fields: Any) -> UUID:
    """Propose a fund over HTTP, have it confirmed by an admin, and return its id."""
    made = await city.owner.posts("/funds", fund_fields(city, await town.today(), **fields))
    if confirmed:
        admin = await town.an_admin()
        await admin.posts(f"/admin/funds/{made['id']}/confirm")
    return UUID(made["id"])


async def free_portions(
    town: Town, *portions: int, shop: Shop | None = None, collect: bool = True, **fields: Any
) -> tuple[Lot, list[Reservation]]:
    """Make a free lot and have a beneficiary for each number reserve as many portions, and collect them."""
    lot = await town.a_free_lot(shop=shop, left=sum(portions) + 1, **fields)
    held = [(who, await who.reserves(lot, some)) for some in portions for who in [await town.a_beneficiary()]]
    if collect:
        await town.opens(lot)
        for who, reservation in held:
            await lot.shop.merchant.hands_over(await who.pass_for(reservation))
    return lot, [reservation for _, reservation in held]


async def closes(town: Town, lot: Lot) -> None:
    """Let nights pass until a lot is closed."""
    await town.clock(lot.pickup_end + timedelta(hours=1))
    await town.worker_runs()
    await nights_pass(town)


async def the_month_ends(town: Town) -> None:
    """Set the clock to the second hour of the next month in Paris, and let the worker state the one that is over."""
    now = await town.now()
    first = (now.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    await town.clock(f"{first}T02:00:00+01:00")
    await town.worker_runs()
