"""Impact totals after restoring a dump: transaction ids start afresh, while the entries hold the old ids."""

from datetime import timedelta

import pytest

from backend.database.migrate import migrate
from tests.town import Lot, Town


async def hand_over(town: Town, lot: Lot) -> None:
    amina = await town.a_beneficiary()
    await lot.shop.merchant.hands_over(await amina.pass_for(await amina.reserves(lot)))


@pytest.mark.parametrize("migrated", [True, False], ids=["migrated", "not migrated"])
async def test_no_entry_is_missed_after_a_restore(town: Town, migrated: bool) -> None:
    lot = await town.a_free_lot(weight_grams=1000, left=5, opens_in=timedelta(hours=-1))
    for _ in range(2):
        await hand_over(town, lot)
    await town.worker_runs()
    # As after pg_restore: the existing entries have transaction ids that are still to come.
    far = "(pg_current_xact_id()::text::bigint + 1000000)::text::xid8"
    await town.changes(f"update app.impact_entries set written_by = {far}")  # noqa: S608 - no input
    await town.changes(f"update app.impact_totals set counted_before = {far}")  # noqa: S608 - no input

    await hand_over(town, lot)
    if migrated:
        migrate(town.copy.url())
    await town.worker_runs()
    await hand_over(town, lot)

    merchant = lot.shop.merchant
    assert (await merchant.gets("/impact"))["food_kg"] == 4
    await town.worker_runs()
    assert (await merchant.gets("/impact"))["food_kg"] == 4
