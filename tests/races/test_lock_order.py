"""The lock order: quota, then lot, then reservation, then payment; an act that goes another way must not wait."""

from datetime import timedelta

import pytest

from tests.town import Town
from tests.town.databases import WORKER


@pytest.mark.parametrize("cancelling", [True, False], ids=["cancelling", "not cancelling"])
async def test_ending_a_suspended_shop_s_lot_does_not_block_a_cancellation(town: Town, cancelling: bool) -> None:
    amina, odile = await town.a_beneficiary(), await town.an_admin()
    lot = await town.a_free_lot(left=5)
    reservation = await amina.reserves(lot, 2)
    await odile.suspends_account(lot.shop.merchant)
    await town.clock(lot.pickup_end + timedelta(minutes=1))

    async with town.copy.connection() as holder, town.copy.connection(WORKER) as worker:
        if cancelling:  # as far as this: it has locked the quota and is about to lock the lot
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("select from app.free_portions where account_id = $1 for update", amina.id)
            assert await worker.fetchval("select app.end_lots(10)", timeout=5) == 0
            await holder.execute("select from app.lots where id = $1 for update", lot.id, timeout=5)
            await transaction.commit()
            assert await town.status_of(reservation) == "confirmed"
        assert await worker.fetchval("select app.end_lots(10)") == 1

    assert await town.status_of(reservation) == "cancelled"
    assert await town.left(lot) == 5
    assert await town.stock_is_exact()
