"""Concurrent gifts, reservations, withdrawals, suspensions and workers at one lot: money and portions agree."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from scripts.proofs.audit import DATABASE
from tests.faults.test_payment_races import in_line
from tests.races.hands import grab_at_once, wins
from tests.town import Lot, Reservation, Town
from tests.town.databases import WORKER, Connection

SETTLE = """
    select app.settle_payment(p.id, p.stripe_payment_intent, 'succeeded', p.amount_cents)
    from app.payments p where p.reservation_id = $1
"""
# The control: offering that reads first and writes later.
OFFER_LOOKING_FIRST = """
create or replace function app.offer_suspended(l app.lots, portions int, price int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    had app.lots;
begin
    select * into had from app.lots s where s.suspended_from = l.id;
    perform pg_sleep(0.1);
    update app.lots s set quantity = had.quantity + portions where s.id = had.id;
    return had.id;
end $$;
"""


async def violations(town: Town) -> list[str]:
    """Return the violations that the audit finds."""
    return [row[0] for row in await town.rows(DATABASE)]


async def rewrite_function(town: Town, function: str, *changes: tuple[str, str]) -> None:
    """Remove protections from a function in this database, for a control."""
    source = await town.value(
        "select pg_get_functiondef(oid) from pg_proc where proname = $1 and pronamespace = 'app'::regnamespace",
        function,
    )
    for careful, careless in changes:
        assert source.count(careful) == 1, careful
        source = source.replace(careful, careless)
    await town.changes(source)


async def unreported_gifts(town: Town, lot: Lot, portions: int, donors: int) -> list[Reservation]:
    """Return gifts that were paid for at Stripe while we have not heard of it yet."""
    await town.ensure_served()
    await town.stripe.webhooks("hold")
    gifts = [await (await town.a_customer(f"Donor {n}")).suspends(lot, portions) for n in range(donors)]
    for gift in gifts:
        await town.stripe.pay(gift.client_secret)
    return gifts


async def settled(town: Town, gifts: Sequence[Reservation]) -> list[Any]:
    """Settle the payments of all gifts concurrently."""
    async with town.copy.connections(len(gifts), WORKER) as workers:
        return await asyncio.gather(*(w.fetchval(SETTLE, g.id) for w, g in zip(workers, gifts, strict=True)))


async def everything_is_done(town: Town) -> None:
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.changes("update app.payments set looked_at = now() - interval '1 hour'")
    await town.worker_runs()


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_concurrent_gifts_and_reservations_keep_the_portions_right(town: Town, careful: bool) -> None:
    lot = await town.a_lot(left=10)
    first, *gifts = await unreported_gifts(town, lot, 2, 3)
    await settled(town, [first])
    if not careful:
        unlocked = (
            ("where s.lot_id = r.lot_id for update;", "where s.lot_id = r.lot_id;"),
            ("where y.suspended_from = l.id for update of s;", "where false;"),
        )
        await rewrite_function(town, "settle_payment", *unlocked)
        await town.changes(OFFER_LOOKING_FIRST)
    beside = await town.suspended_lot_of(lot)
    people = [await town.a_beneficiary(f"B{n}") for n in range(20)]

    grabbing = asyncio.create_task(grab_at_once(town, people, [beside] * 20)) if careful else None
    await settled(town, gifts)

    outcomes = await grabbing if grabbing is not None else []
    assert bool(await violations(town)) is not careful
    if careful:
        assert {outcome.refusal for outcome in outcomes} <= {None, "lot.sold_out"}
        assert 2 <= wins(outcomes) <= 6
        assert (await town.left(beside), await town.left(lot)) == (6 - wins(outcomes), 4)


async def test_concurrent_first_gifts_make_one_suspended_lot(town: Town) -> None:
    lot = await town.a_lot(left=10)
    assert await settled(town, await unreported_gifts(town, lot, 2, 4)) == ["succeeded"] * 4
    assert await town.value("select array_agg(quantity) from app.lots where suspended_from = $1", lot.id) == [8]
    assert await violations(town) == []


@pytest.mark.parametrize("first", ["paid", "ended"])
@pytest.mark.parametrize("end", ["withdrawn", "recalled", "suspended"])
async def test_a_gift_paid_while_its_lot_ends_is_refunded_or_kept(town: Town, end: str, first: str) -> None:
    odile, lot = await town.an_admin(), await town.a_lot(left=10, gtin="03017620422003")
    (gift,) = await unreported_gifts(town, lot, 3, 1)
    gate = lot

    async def paid() -> None:
        await settled(town, [gift])

    async def ended() -> None:
        if end == "withdrawn":
            await lot.shop.merchant.withdraws(lot)
        elif end == "recalled":
            await odile.posts("/admin/recalls", {"gtin": "3017620422003", "reason": "Listeria"})
        else:
            await odile.suspends_account(lot.shop.merchant)

    await in_line(town, gate, *((paid, ended) if first == "paid" else (ended, paid)))
    await everything_is_done(town)

    # Nothing is on offer any more. The money is refunded, unless the lot can come back.
    assert await town.value("select count(*) from app.lots where status = 'published'") == 0
    if end == "suspended" and first == "paid":
        assert await town.money(gift) == (1200, 0)  # the shop may be restored before the window ends
        await odile.restores_account(lot.shop.merchant)
        assert await town.value("select array_agg(distinct status) from app.lots") == ["published"]
    else:
        assert await town.money(gift) == (1200, 1200)
    assert await violations(town) == []


async def test_control_without_the_shop_s_lock_a_suspension_and_a_gift_deadlock(town: Town) -> None:
    odile, lot = await town.an_admin(), await town.a_lot(left=10)
    (gift,) = await unreported_gifts(town, lot, 3, 1)
    await rewrite_function(town, "settle_payment", ("where y.id = r.lot_id for share of s;", "where false;"))

    outcomes = await in_line(
        town,
        lot,
        lambda: settled(town, [gift]),
        lambda: odile.asks("POST", f"/admin/accounts/{lot.shop.merchant.id}/suspend", {"reason": "reported"}),
    )

    assert isinstance(outcomes[0], Exception) or outcomes[1].status_code != 204, outcomes


async def run_all(workers: Sequence[Connection], act: str) -> None:
    await asyncio.gather(*(worker.execute(f"select app.{act}(100)") for worker in workers))


@pytest.mark.parametrize("careful", [True, False], ids=["the acts", "control"])
async def test_ending_the_windows_concurrently_counts_each_gift_once(town: Town, careful: bool) -> None:
    marc, jeanne, amina = await town.a_customer(), await town.a_customer("Jeanne"), await town.a_beneficiary()
    shop = await town.a_shop()
    lot = await town.a_lot(left=6, shop=shop)
    moving, refunded = await marc.gives(lot, 2, if_unclaimed="move"), await jeanne.gives(lot, 2)
    taken = await amina.reserves(await town.suspended_lot_of(lot))
    other = await town.a_lot(left=6, shop=shop, price_cents=300, opens_in=lot.pickup_end - await town.now())
    await town.opens(lot)
    await shop.merchant.hands_over(await amina.pass_for(taken))
    await town.clock(lot.pickup_end)
    if not careful:  # a worker that waited for another one does the same work again
        await rewrite_function(town, "count_suspended", ("for update of s, l skip locked", ""))
        await rewrite_function(
            town,
            "close_suspended",
            ("    order by s.id for update;", ";\n    perform pg_sleep(0.2);"),
            ("where p.lot_id = beside and p.collected is null order", "where p.lot_id = beside order"),
        )

    async with town.copy.connections(4, WORKER) as workers:
        for act in ("end_lots", "count_suspended", "move_suspended"):
            await run_all(workers, act)
    await town.worker_runs()

    if not careful:
        assert await violations(town) != []
        return
    assert await violations(town) == []
    assert (await marc.gift(moving))["status"] == "moved"
    assert (await town.left(other), await town.left(await town.suspended_lot_of(other))) == (5, 1)
    assert await town.money(refunded) == (800, 800)
    mails = [file.name.partition("-")[2] for file in (town.folder / "mails").iterdir()]
    # The shop's day may be over by now too, with a mail of its own.
    told = sorted(name for name in mails if name != "day_summary.eml")
    assert told == ["suspended_lot_moved.eml", "suspended_lot_over.eml"]
