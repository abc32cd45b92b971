"""The day of a shop: its lots with their portions, pickups that were reported later, and what is to do."""

from datetime import timedelta
from typing import Any

from tests.town import Town
from tests.town.answers import refusal_in
from tests.web.test_station_counter import a_device


async def test_the_day_counts_every_kind_alike(town: Town) -> None:
    shop = await town.a_shop()
    when: dict[str, Any] = {"shop": shop, "opens_in": -timedelta(minutes=30), "lasts": timedelta(hours=1)}
    paid, free = await town.a_lot(left=6, **when), await town.a_free_lot(left=3, **when)
    tomorrow = await town.a_lot(shop=shop, left=5, opens_in=timedelta(days=1))
    marc, amina, zoe = await town.a_customer(), await town.a_beneficiary(), await town.a_beneficiary("Zoé")
    bought = await marc.buys(paid, 2)
    await marc.reserves(paid)  # not paid yet
    await marc.gives(paid)
    await zoe.reserves(await town.suspended_lot_of(paid))
    await shop.merchant.hands_over(await marc.pass_for(bought))
    await amina.reserves(free)

    day = await shop.merchant.gets(f"/shops/{shop.id}/day")
    seen = {one["id"]: (one["handed"], one["awaited"], one["remaining"], one["late"]) for one in day["lots"]}
    assert seen == {
        str(paid.id): (2, 2, 2, []),
        str(free.id): (0, 1, 2, []),
        str(tomorrow.id): (0, 0, 5, []),
    }
    assert day["lots"][-1]["id"] == str(tomorrow.id)
    (one,) = (await shop.merchant.gets(f"/shops/{shop.id}/day", lot=str(free.id)))["lots"]
    assert (one["id"], one["awaited"]) == (str(free.id), 1)
    for told in ("Marc", "Amina", "Zoé", "cents"):
        assert told not in str([day["lots"], day["to_do"]])
    assert day["shop"]["role"] == "owner"
    assert day["week"]["collected"] == 0


async def test_only_owners_and_staff_read_the_day(town: Town) -> None:
    lot = await town.a_lot()
    path = f"/shops/{lot.shop.id}/day"
    for stranger in (await town.a_merchant("Paul"), await town.a_customer()):
        assert refusal_in(await stranger.asks("GET", path)).status in (403, 404)
    other = await town.a_lot(shop=await town.a_shop())
    assert (await lot.shop.merchant.gets(path, lot=str(other.id)))["lots"] == []


async def test_the_day_names_what_is_to_do(town: Town) -> None:
    lot = await town.a_lot(left=2)
    await town.changes("update app.lots set status = 'draft'")
    day = await lot.shop.merchant.gets(f"/shops/{lot.shop.id}/day")
    assert day["to_do"] == [{"kind": "draft", "id": str(lot.id), "title": day["to_do"][0]["title"]}]
    assert day["lots"] == []


async def test_a_pickup_that_a_station_reports_later_is_marked(town: Town) -> None:
    shop = await town.a_shop()
    lot = await town.a_lot(shop=shop, left=4, opens_in=-timedelta(minutes=30), lasts=timedelta(hours=1))
    marc, lea = await town.a_customer(), await town.a_customer("Léa")
    now, late = await marc.pass_for(await marc.buys(lot)), await lea.pass_for(await lea.buys(lot, 2))
    device = await a_device(town, shop)
    for shown, seconds in ((now, None), (late, "600")):
        typed = {"shown": shown.code, "pin": shown.pin, "_key": f"{shown.code}-key"}
        path = "/station/late" if seconds else "/station"
        answer = await device.browser.sends(path, **typed, **({"seconds_ago": seconds} if seconds else {}))
        assert answer.status_code == 200, answer.text
    (seen,) = (await shop.merchant.gets(f"/shops/{shop.id}/day"))["lots"]
    assert (seen["handed"], [one["quantity"] for one in seen["late"]]) == (3, [2])
    assert seen["late"][0]["station"]
    assert seen["late"][0]["shown_at"] < seen["late"][0]["reported_at"]
