"""One evening over HTTP alone: a shop asks, an association accepts, a tour is planned, driven, received, counted."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.town import Collector, Merchant, Town
from tests.town.answers import accepted
from tests.town.rounds_planned import a_driver, noon, planned, tours_of

NEEDS: dict[str, Any] = {
    "takes": ["bakery"],
    "weekdays": [1, 2, 3, 4, 5, 6, 7],
    "opens": "08:00",
    "closes": "23:00",
    "grams_a_day": 100_000,
    "farthest_metres": 20_000,
    "decides": "person",
}


async def asks(merchant: Merchant, lot: Any, at: datetime) -> dict[str, Any]:
    asked: dict[str, Any] = await merchant.posts(
        "/collections",
        {
            "shop_id": str(lot.shop.id),
            "lots": [{"lot_id": str(lot.id)}],
            "items": [{"title": "Pains", "category": "bakery", "kg": 12.5, "crates": 2, "date_kind": "none"}],
            "window_start": (at + timedelta(hours=6)).isoformat(),
            "window_end": (at + timedelta(hours=8)).isoformat(),
        },
    )
    return asked


async def reports(collector: Collector, tour: str, number: int, kind: str, at: datetime, **said: Any) -> dict[str, Any]:
    step = {"step_id": str(uuid4()), "kind": kind, "at": at.isoformat(), **said}
    path = f"/tours/{tour}/stops/{number}/steps"
    first: dict[str, Any] = await collector.posts(path, step)
    assert await collector.posts(path, step) == first  # the connection broke, and it is sent again
    return first


async def test_an_evening_from_the_shop_to_the_association(town: Town) -> None:
    at = await noon(town)
    sophie, relais, odile = await town.a_merchant(), await town.an_association(), await town.an_admin()
    shop = await town.a_shop(sophie)
    await town.changes(
        "update app.associations set latitude = 48.59, longitude = 7.76, is_public = true where id = $1", relais.id
    )
    accepted(await relais.asks("PUT", "/associations/me/needs", NEEDS))
    karim = await a_driver(town)
    before = (await town.request("GET", "/v1/impact")).json()

    # Sophie asks and names nobody: the association that fits best is offered it.
    lot = await town.a_lot(shop=shop, left=4, weight_grams=500)
    asked = await asks(sophie, lot, at)
    path = f"/collections/{asked['id']}"
    assert (asked["status"], asked["association"]["name"]) == ("requested", "Le Relais")
    assert await town.left(lot) == 0
    assert (await relais.gets(f"{path}/suggestions"))["data"][0]["fits"] is True
    assert (await relais.posts(f"{path}/accept", {}))["status"] == "accepted"

    # The tour of the evening.
    assert (await planned(town, relais, at))["planned"] == 1
    ((tour),) = await tours_of(karim, at)
    await karim.posts(f"/tours/{tour['id']}/accept", {})
    sheet = await karim.asks("GET", f"/tours/{tour['id']}/sheet.pdf")
    assert sheet.content.startswith(b"%PDF-")
    await karim.posts(f"/tours/{tour['id']}/start")

    # On the way: less is there than was asked for.
    items = {item["title"]: item["id"] for item in asked["items"]}
    taken = [{"item_id": items["Panier du soir"], "portions": 3, "grams": 1500}, {"item_id": items["Pains"], "kg": 10}]
    now = await town.now()
    await reports(karim, tour["id"], 1, "arrived", now)
    await reports(karim, tour["id"], 1, "taken", now, items=taken, collection_id=asked["id"])
    assert (await sophie.gets(path))["status"] == "taken"
    await reports(karim, tour["id"], 2, "left", now)
    assert (await sophie.gets(path))["status"] == "delivered"
    closed = await karim.posts(f"/tours/{tour['id']}/close", {"driven_metres": 4200})
    assert closed["status"] == "closed"

    # The association accepts nearly all of it, and says what became of it.
    received = await relais.posts(
        f"{path}/reception", {"items": [{"item_id": items["Pains"], "kg": 8, "refused_because": "Moisi"}]}
    )
    assert (received["taken_grams"], received["accepted_grams"], received["refused_grams"]) == (11_500, 9_500, 2_000)
    day = now.date().isoformat()
    await relais.posts(f"{path}/outcomes", {"outcome": "distributed", "grams": 9_000, "day": day})
    await relais.posts(f"{path}/outcomes", {"outcome": "compost", "grams": 500, "day": day})

    # It counts once, and those concerned can prove it.
    await town.worker_runs()
    after = (await town.request("GET", "/v1/impact")).json()
    assert round(after["food_kg"] - before["food_kg"], 3) == 9.5
    assert after["people_helped"] == before["people_helped"]
    for person in (sophie, relais, odile):
        assert [entry["kind"] for entry in (await person.gets(f"{path}/trace"))["entries"]] == [
            "taken",
            "left",
            "received",
            "distributed",
            "compost",
        ]
        assert (await person.asks("GET", f"{path}/slip.pdf")).content.startswith(b"%PDF-")
    assert {one["change"] for one in (await sophie.gets(path))["history"]} >= {
        "requested",
        "accepted",
        "scheduled",
        "taken",
        "delivered",
        "received",
    }
    events = [notice["event"] for notice in (await sophie.gets("/notices"))["data"]]
    assert {"collection_accepted", "collection_scheduled", "collection_taken", "collection_delivered"} <= set(events)
