"""Conversion of unsold lots to free ones, concurrent with purchases, reservations and withdrawals."""

import asyncio
from datetime import timedelta

import pytest

from tests.races.hands import grab
from tests.town import Lot, Person, Town
from tests.town.databases import WORKER

# The control: a conversion that reads first and writes later.
CONVERT_LOOKING_FIRST = """
create or replace function app.convert_unsold(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    due uuid[] := array(select l.id from app.lots l where l.status = 'published' and l.becomes_free_at <= app.clock());
begin
    perform pg_sleep(0.3);
    update app.lots l set kind = 'free', price_cents = 0, converted_at = app.clock() where l.id = any (due);
    return cardinality(due);
end $$;
"""
# The control: a reservation that keeps the price it first read.
RESERVE_AT_THE_PRICE_READ = ("if (wanted.kind = 'free') <> (held_for is null) then", "if false then")


async def _due(town: Town, left: int = 25) -> Lot:
    return await town.a_lot(left=left, opens_in=timedelta(hours=-1), becomes_free_at=await town.now())


async def _converts(town: Town) -> int:
    async with town.copy.connection(WORKER) as worker:
        converted: int = await worker.fetchval("select app.convert_unsold(100)")
    return converted


async def test_reservations_during_a_conversion_are_either_paid_or_free(town: Town) -> None:
    people: list[Person] = [await (town.a_customer() if n % 2 else town.a_beneficiary()) for n in range(20)]
    for _ in range(3):
        lot = await _due(town)
        async with town.copy.connections(20) as hands, town.copy.connections(2, WORKER) as workers:
            outcomes, converted = await asyncio.gather(
                asyncio.gather(*(grab(c, person, lot) for c, person in zip(hands, people, strict=True))),
                asyncio.gather(*(w.fetchval("select app.convert_unsold(10)") for w in workers)),
            )
        await _converts(town)
        assert sum(converted) <= 1
        assert {outcome.refusal for outcome in outcomes} <= {
            None,
            "lot.changed",  # told to beneficiaries, who may have it free now
            "lot.sold_out",
            "quota.daily_reached",
        }
        wrong = await town.value(
            "select count(*) from app.reservations r join app.lots l on l.id = r.lot_id where l.id = $1"
            " and (r.unit_price_cents not in (0, 400) or (r.unit_price_cents = 0) <> (r.status = 'confirmed')"
            " or r.unit_price_cents = 0 and not exists (select from app.beneficiaries b where b.id = r.account_id))",
            lot.id,
        )
        assert (wrong, await town.value("select kind from app.lots where id = $1", lot.id)) == (0, "free")
        assert await town.stock_is_exact()


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_buying_while_the_lot_becomes_free_is_refused_as_sold_out(town: Town, careful: bool) -> None:
    """The purchase has read a price and waits for the lot's row, which is being converted."""
    if not careful:
        source: str = await town.value("select pg_get_functiondef('app.reserve'::regproc)")
        assert RESERVE_AT_THE_PRICE_READ[0] in source
        await town.changes(source.replace(*RESERVE_AT_THE_PRICE_READ))
        await town.changes("alter table app.payments drop constraint payments_amount_cents_check")
        await town.changes("alter table app.reservations drop constraint reservations_quota_check")
    marc, lot = await town.a_customer(), await _due(town)
    async with town.copy.connection(WORKER) as worker, town.copy.connections(1) as (hand,):
        transaction = worker.transaction()
        await transaction.start()
        assert await worker.fetchval("select app.convert_unsold(10)") == 1
        buying = asyncio.create_task(grab(hand, marc, lot))
        await asyncio.sleep(0.2)
        assert not buying.done()
        await transaction.commit()
        outcome = await buying

    assert outcome.refusal == ("lot.sold_out" if careful else "payment.below_minimum")
    assert await town.left(lot) == 25
    assert await town.value("select count(*) from app.reservations") == 0


@pytest.mark.parametrize("careful", [True, False], ids=["the act", "control"])
async def test_a_withdrawn_lot_does_not_become_free(town: Town, careful: bool) -> None:
    if not careful:
        await town.changes(CONVERT_LOOKING_FIRST)
    lot, amina = await _due(town), await town.a_beneficiary()
    async with town.copy.connection() as merchant:
        transaction = merchant.transaction()
        await transaction.start()
        await merchant.execute("select from app.lot_stock where lot_id = $1 for update", lot.id)
        converting = asyncio.create_task(_converts(town))
        await asyncio.sleep(0.1)
        await merchant.execute("update app.lots set status = 'withdrawn' where id = $1", lot.id)
        await transaction.commit()
        await converting

    kind = await town.value("select kind from app.lots where id = $1", lot.id)
    assert (kind == "discounted") is careful
    assert (await amina.tries_to_reserve(lot)).code in ("lot.closed", "lot.not_found")


async def test_conversion_skips_a_locked_lot_and_converts_the_others_once(town: Town) -> None:
    busy, idle = await _due(town), await _due(town)
    async with town.copy.connection() as somebody, town.copy.connections(2, WORKER) as workers:
        transaction = somebody.transaction()
        await transaction.start()
        await somebody.execute("select from app.lot_stock where lot_id = $1 for update", busy.id)
        done = await asyncio.gather(*(w.fetchval("select app.convert_unsold(10)", timeout=5) for w in workers))
        await transaction.rollback()

    assert sum(done) == 1
    assert await town.value("select kind from app.lots where id = $1", idle.id) == "free"
    assert await _converts(town) == 1
