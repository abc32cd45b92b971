"""An alert tells no more often than it may, whoever tells at the same time; alerts are found by an index."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from tests.races.test_announcing import changes_act
from tests.town import Town
from tests.town.databases import WORKER, Connection
from tests.town.tidings import at_noon

SKIPS = "due_at limit most\n                 for update skip locked);"
TELLS = "perform app.notify_each('place_offers', accounts, told, onces, subjects);"


async def tells(connection: Connection) -> None:
    while await connection.fetchval("select app.tell_places(1)"):
        pass


@pytest.mark.parametrize("kept_by", ["lock and key", "key", "nothing"])
async def test_two_workers_tell_an_alert_no_more_than_it_may(town: Town, kept_by: str) -> None:
    """The alert has one notice left today, and became due. What tells it does so slowly."""
    await at_noon(town)
    marc, shop = await town.a_customer(), await town.a_shop()
    home = {"name": "Maison", "latitude": 48.5734, "longitude": 7.7521}
    await marc.posts("/me/places", {**home, "alert": {"most_a_day": 1}})
    await town.a_lot(shop=shop, opens_in=timedelta(hours=30))
    slowly = (TELLS, "perform pg_sleep(0.3); " + TELLS)
    changes = [slowly] if "lock" in kept_by else [slowly, (SKIPS, "due_at limit most);")]
    await changes_act(town, "tell_places", *changes)
    if "key" not in kept_by:
        await town.changes("drop index app.notices_once_key")
        await changes_act(
            town, "notify_each", ("on conflict (account_id, event, once) where once is not null do nothing", "")
        )

    async with town.copy.connection(WORKER) as first, town.copy.connection(WORKER) as second:
        await first.fetchval("select app.announce_lots(10)")
        await asyncio.gather(tells(first), tells(second))

    told = await town.value("select count(*) from app.notices where event = 'place_offers'")
    assert told == (1 if "key" in kept_by else 2)


@pytest.mark.parametrize("indexed", [True, False])
async def test_alerts_are_found_without_a_scan_of_all_of_them(town: Town, indexed: bool) -> None:
    """A thousand times as many alerts elsewhere add nothing but the depth of an index."""
    if not indexed:
        await town.changes("drop index app.place_alerts_area_idx")
    await at_noon(town)
    await alerts_near(town, 48.57, 7.75, 20)
    await alerts_near(town, 45.76, 4.83, 20_000)
    await town.changes("analyze app.place_alerts, app.saved_places, app.lots, app.lot_stock")
    await town.a_lot(shop=await town.a_shop())

    read = "select pg_stat_get_xact_tuples_returned(c.oid) + pg_stat_get_xact_tuples_fetched(c.oid) from pg_class c"
    async with town.copy.connection(WORKER) as worker, worker.transaction():
        await worker.fetchval("select app.announce_lots(2000)")
        await worker.fetchval("select app.tell_places(500)")
        scanned = await worker.fetchval(f"{read} where c.oid = 'app.place_alerts'::regclass")
        fetched = await worker.fetchval(f"{read} where c.oid = 'app.lot_stock'::regclass")

    assert await town.value("select count(*) from app.notices where event = 'place_offers'") == 20
    assert (scanned < 500) is indexed
    assert fetched < 500


async def alerts_near(town: Town, latitude: float, longitude: float, number: int) -> list[UUID]:
    """Make customers, each with a saved place here that has an alert."""
    rows = await town.rows(
        "with people as (insert into app.accounts (role, display_name)"
        " select 'customer', 'P' from generate_series(1, $3::int) returning id),"
        " places as (insert into app.saved_places (account_id, slot, name, latitude, longitude)"
        " select id, 1, 'Maison', $1, $2 from people returning id, account_id)"
        " insert into app.place_alerts (place_id, account_id, area, radius_m)"
        " select id, account_id, app.alert_area($1, $2, 5000), 5000 from places returning account_id",
        latitude,
        longitude,
        number,
    )
    return [row["account_id"] for row in rows]
