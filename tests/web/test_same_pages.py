"""What a shop's pages and its station show of a paid and of an offered portion is the same, byte for byte."""

import re
from datetime import timedelta
from typing import Any

from tests.town import Town
from tests.town.things import Pass
from tests.web.browser import Browser, Page
from tests.web.test_station_counter import a_device

# What differs by right: ids, keys of forms, ETags, and the reservation that was handed over just now.
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TAGS = re.compile(r'(<meta name="live" content=)"[^"]+"')


def shown(page: Page) -> str:
    """Return a page's HTML without what differs by right."""
    return TAGS.sub(r"\1", IDS.sub("ID", page.text))


async def test_a_shop_sees_paid_and_offered_portions_alike(town: Town) -> None:
    when: dict[str, Any] = {"opens_in": -timedelta(minutes=30), "lasts": timedelta(hours=3)}
    lots = [await town.a_lot(left=6, shop=await town.a_shop(), **when) for _ in range(2)]
    marc, zoe = await town.a_customer(), await town.a_beneficiary("Zoé")
    paid = await marc.buys(lots[0])
    await (await town.a_customer("Jeanne")).gives(lots[1])
    offered = await zoe.reserves(await town.suspended_lot_of(lots[1]))
    await town.changes(
        "update app.lots set pickup_start = date_trunc('hour', now()), pickup_end = $1", lots[0].pickup_end
    )
    passes = [await marc.pass_for(paid), await zoe.pass_for(offered)]
    await town.worker_runs()

    sides = [await Browser.of(lot.shop.merchant) for lot in lots]
    stations = [(await a_device(town, lot.shop)).browser for lot in lots]

    async def both(path: str) -> None:
        pages = [
            await browser.opens(path.format(shop=lot.shop.id, lot=lot.id))
            for browser, lot in zip(sides, lots, strict=True)
        ]
        assert pages[0].status_code == 200, path
        assert shown(pages[0]) == shown(pages[1]), path

    paths = ("/my-shops/{shop}", "/my-shops/{shop}/lots", "/my-shops/{shop}/lots/{lot}", "/my-shops/{shop}/figures")
    for path in paths:
        await both(path)
    waiting = [await station.opens("/station") for station in stations]
    assert shown(waiting[0]) == shown(waiting[1])

    async def tries(shown_pass: Pass, station: Browser, pin: str) -> Page:
        return await (await station.opens("/station")).form("/station").send(shown=shown_pass.code, pin=pin)

    wrong = [await tries(one, station, one.wrong_pin) for one, station in zip(passes, stations, strict=True)]
    codes = [one.code for one in passes]
    assert shown(wrong[0]).replace(codes[0], "CODE") == shown(wrong[1]).replace(codes[1], "CODE")
    handed = [await tries(one, station, one.pin) for one, station in zip(passes, stations, strict=True)]
    assert "Remis" in handed[0].title
    assert shown(handed[0]) == shown(handed[1])
    again = [await tries(one, station, one.pin) for one, station in zip(passes, stations, strict=True)]
    assert again[0].status_code == 409
    assert shown(again[0]).replace(codes[0], "CODE") == shown(again[1]).replace(codes[1], "CODE")
    for path in paths:
        await both(path)


async def test_a_late_pickup_shows_the_same_for_paid_and_offered_portions(town: Town) -> None:
    when: dict[str, Any] = {"opens_in": -timedelta(hours=2), "lasts": timedelta(hours=4)}
    lots = [await town.a_lot(left=6, shop=await town.a_shop(), **when) for _ in range(2)]
    marc, zoe = await town.a_customer(), await town.a_beneficiary("Zoé")
    paid = await marc.buys(lots[0])
    await (await town.a_customer("Jeanne")).gives(lots[1])
    offered = await zoe.reserves(await town.suspended_lot_of(lots[1]))
    passes = [await marc.pass_for(paid), await zoe.pass_for(offered)]
    await town.changes("update app.lots set pickup_start = date_trunc('hour', now()) - interval '1 hour'")
    await town.changes("update app.lots set pickup_end = $1", lots[0].pickup_end)
    for one, lot in zip(passes, lots, strict=True):
        typed = {"shown": one.code, "pin": one.pin, "_key": f"{one.code}-key", "seconds_ago": "60"}
        station = (await a_device(town, lot.shop)).browser
        assert (await station.sends("/station/late", **typed)).json()["handed"]
    # At the same moment, so that the pages differ by nothing else.
    await town.changes("update app.reservations set shown_at = now(), ended_at = now() where shown_at is not null")
    for path in ("/my-shops/{shop}", "/my-shops/{shop}/lots/{lot}"):
        pages = [
            await (await Browser.of(lot.shop.merchant)).opens(path.format(shop=lot.shop.id, lot=lot.id)) for lot in lots
        ]
        assert "1 remise dont 1 notée plus tard" in pages[0].main.text
        assert shown(pages[0]) == shown(pages[1])
    assert "Caisse 1, noté aujourd’hui" in pages[0].main.text
