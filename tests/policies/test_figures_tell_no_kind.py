"""A shop's figures are the same, byte for byte, whether a portion was paid or suspended, collected or not."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal, get_args

import asyncpg
import pytest

from tests.races.test_suspended_lots import rewrite_function
from tests.town import Person, Shop, Town
from tests.town.databases import WORKER

Kind = Literal["paid", "suspended"]
Fate = Literal["collected", "absent", "cancelled", "refunded", "reported", "withdrawn"]
PERIODS = (
    ("2026-12-01", "2026-12-01", "day"),
    ("2026-11-30", "2026-12-02", "week"),
    ("2026-12-02", "2026-12-02", "day"),
)


async def a_day_with_one_portion(town: Town, kind: Kind, fate: Fate) -> Shop:
    """Make a shop with one lot, one portion of which somebody reserved; return it two days later."""
    await town.clock("2026-12-01T10:00:00+01:00")
    shop = await town.a_shop()
    lot = await town.a_lot(shop=shop, left=4, opens_in=timedelta(hours=3), lasts=timedelta(hours=1), weight_grams=300)
    payer = await town.a_customer()
    if kind == "paid":
        holder: Person = payer
        paid = held = await payer.buys(lot)
    else:
        holder, paid = await town.a_beneficiary(), await payer.gives(lot)
        held = await holder.reserves(await town.suspended_lot_of(lot))
    if fate == "cancelled":
        await holder.cancels(held)
    if fate == "withdrawn":
        await shop.merchant.withdraws(lot)
    await town.opens(lot)
    if fate in ("collected", "refunded", "reported"):
        await shop.merchant.hands_over(await holder.pass_for(held))
    if fate == "reported":
        said = {"kind": "quality", "text": "Le pain était moisi."}
        report = await holder.posts(f"/reservations/{held.id}/problem-report", said)
        answer = {"outcome": "give_back", "share": 100, "text": "Nous sommes désolés."}
        await shop.merchant.posts(f"/problem-reports/{report['id']}/answer", answer)
    await town.clock(lot.pickup_end)
    await town.worker_runs()
    if fate == "refunded":
        await town.changes(
            "update app.payments set status = 'refunded', stripe_refund = 're_' || id, refunded_cents = amount_cents"
            " where reservation_id = $1",
            paid.id,
        )
    await town.worker_runs()
    await town.clock("2026-12-03T10:00:00+01:00")
    return shop


async def told(shop: Shop) -> list[tuple[int, dict[str, str], bytes]]:
    """Return the shop's figures in all forms, with the headers that do not differ between any two answers."""
    found = []
    for since, until, by in PERIODS:
        for form in ("", ".csv"):
            asked = {"from": since, "to": until, "by": by}
            answer = await shop.merchant.asks("GET", f"/shops/{shop.id}/figures{form}", params=asked)
            kept = ("content-type", "content-length", "cache-control", "etag")
            found.append((answer.status_code, {name: answer.headers.get(name, "") for name in kept}, answer.content))
    return found


async def by_kind(town: Town, fate: Fate, kinds: Sequence[Kind] = ("paid", "suspended")) -> list[Any]:
    return [await told(await a_day_with_one_portion(town, kind, fate)) for kind in kinds]


@pytest.mark.parametrize("fate", get_args(Fate))
async def test_figures_are_equal_for_a_paid_and_a_suspended_portion(town: Town, fate: Fate) -> None:
    paid, suspended = await by_kind(town, fate)
    assert paid == suspended
    assert all(status == 200 for status, _, _ in paid)


@pytest.mark.parametrize(
    ("fate", "good", "bad"),
    [
        ("collected", "o.suspended or r.unit_price_cents > 0", "r.unit_price_cents > 0"),
        (
            "collected",
            "x.beside, true from listed x where x.beside is not null",
            "x.id, true from listed x where false",
        ),
        # Only what a customer paid for is kept when nobody comes.
        (
            "absent",
            "when o.suspended or r.unit_price_cents > 0 then t.collected * o.price_cents",
            "when r.unit_price_cents > 0 then r.quantity * o.price_cents",
        ),
        ("collected", "l.shop_id = only_shop and l.suspended_from is null", "l.shop_id = only_shop"),
    ],
)
async def test_control_a_sum_that_tells_a_kind_is_noticed(town: Town, fate: Fate, good: str, bad: str) -> None:
    await rewrite_function(town, "figures_by_day", (good, bad))
    paid, suspended = await by_kind(town, fate)
    assert paid != suspended


async def test_only_the_two_acts_return_figures(town: Town) -> None:
    shop = await a_day_with_one_portion(town, "suspended", "collected")
    gilles, marc, odile = await town.a_merchant("Gilles"), await town.a_customer(), await town.an_admin()
    for person in (gilles, marc):
        async with town.sql_as(person) as sql:
            with pytest.raises(asyncpg.PostgresError, match=r"shop\.not_found"):
                await sql.fetchval("select app.shop_figures($1)", shop.id)
    async with town.sql_as(shop.merchant) as sql:
        with pytest.raises(asyncpg.PostgresError, match=r"access\.forbidden"):
            await sql.fetchval("select app.admin_figures()")
    inner = (
        "select app.figures(null, 'Europe/Paris', null, null, 'day')",
        "select count(*) from app.figures_by_day(null, 'Europe/Paris', current_date - 9, current_date)",
        "select count(*) from app.operations_by_day(current_date - 9, current_date)",
    )
    for statement in inner:
        for caller in (shop.merchant, odile, None):
            async with town.sql_as(caller) as sql:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await sql.fetchval(statement)
        async with town.copy.connection(WORKER) as worker:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await worker.fetchval(statement)
    async with town.sql_as(None) as sql:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.fetchval("select app.shop_figures($1)", shop.id)
