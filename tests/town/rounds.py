"""Builders for collections and for a collector's tour of them, without planning: rows as the planner leaves them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2

from tests.town.answers import accepted
from tests.town.people import Association, Collector
from tests.town.things import Shop
from tests.town.town import Town


@dataclass(frozen=True)
class Collected:
    """A collection of one shop's food for an association. `items`: the ids, in the order in which they were asked."""

    id: UUID
    shop: Shop
    association: Association
    items: list[UUID]


@dataclass
class Round:
    """An accepted tour: each collection is taken at a stop of its own, then all are left at the last one."""

    town: Town
    id: UUID
    collector: Collector
    association: Association
    collections: list[Collected]
    begins: datetime
    last: int = field(init=False)

    def __post_init__(self) -> None:
        self.last = len(self.collections) + 1

    def step(self, kind: str, minutes: int, **said: Any) -> dict[str, Any]:
        """Return the body of a step so many minutes after the tour began."""
        at = (self.begins + timedelta(minutes=minutes)).isoformat()
        return {"step_id": str(uuid4()), "kind": kind, "at": at, **said}

    async def sends(self, number: int, step: dict[str, Any]) -> httpx2.Response:
        """Report a step and return the answer, whatever its status."""
        return await self.collector.asks("POST", f"/tours/{self.id}/stops/{number}/steps", step)

    async def reports(self, number: int, step: dict[str, Any]) -> dict[str, Any]:
        """Report a step and return what it came to."""
        said: dict[str, Any] = accepted(await self.sends(number, step)).json()
        return said

    async def takes(self, number: int, minutes: int = 5, **said: Any) -> dict[str, Any]:
        return await self.reports(number, self.step("taken", minutes, **said))

    async def leaves(self, minutes: int = 30, **said: Any) -> dict[str, Any]:
        return await self.reports(self.last, self.step("left", minutes, **said))

    async def status(self, at: int = 0) -> str:
        """Return the status of one of its collections."""
        status: str = await self.town.value("select status from app.collections where id = $1", self.collections[at].id)
        return status


async def a_collection(
    town: Town,
    *,
    shop: Shop | None = None,
    association: Association | None = None,
    status: str = "accepted",
    items: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> Collected:
    """Make a collection of a shop's food, 30 kg of bread by default. `items` are columns of its items."""
    shop = shop or await town.a_shop()
    association = association or await town.an_association()
    now = await town.now()
    columns: dict[str, Any] = {
        "shop_id": shop.id,
        "association_id": association.id,
        "from_point": await town.value("select id from app.collection_points where shop_id = $1", shop.id),
        "to_point": await town.value(
            "select id from app.collection_points where association_id = $1 and kind = 'association'", association.id
        ),
        "asked_how": "member",
        "asked_by": shop.merchant.id,
        "status": status,
        "window_start": now - timedelta(hours=1),
        "window_end": now + timedelta(hours=3),
        **fields,
    }
    collection: UUID = await _insert(town, "collections", columns)
    made = []
    for item in items or [{}]:
        wanted = {"title": "Pains", "category": "bakery", "date_kind": "none", **item}
        if not {"grams", "crates", "portions"} & set(wanted):
            wanted["grams"] = 30_000
        made.append(await _insert(town, "collection_items", {"collection_id": collection, **wanted}))
    return Collected(collection, shop, association, made)


async def a_round(
    town: Town,
    *collections: Collected,
    collector: Collector | None = None,
    status: str = "under_way",
    planned_by: Association | None = None,
    metres: int = 4000,
    vehicle: str | None = None,
) -> Round:
    """Put collections, one of 30 kg by default, into an accepted tour that began an hour ago."""
    collector = collector or await town.a_collector()
    collections = collections or (await a_collection(town),)
    association = collections[0].association
    begins = (await town.now()) - timedelta(hours=1)
    if vehicle is not None:
        await town.changes(
            "insert into app.collector_profiles"
            " (collector_id, vehicle, most_grams, crates, speed_kmh, latitude, longitude, insee_code)"
            " values ($1, $2, 500000, 20, 15, 48.58, 7.74, '67482') on conflict do nothing",
            collector.id,
            vehicle,
        )
    tour: UUID = await _insert(
        town,
        "tours",
        {
            "day": begins.astimezone(ZoneInfo("Europe/Paris")).date(),
            "collector_id": collector.id,
            "association_id": (planned_by or association).id,
            "status": status,
            "planner": "greedy",
            "begins_at": begins,
            "ends_at": begins + timedelta(hours=2),
            "metres": metres,
            "accepted_at": None if status in ("proposed", "declined", "cancelled") else begins,
            "started_at": begins if status in ("under_way", "done", "closed") else None,
        },
    )
    places = [("from_point", c) for c in collections] + [("to_point", collections[0])]
    for number, (place, at) in enumerate(places, 1):
        await town.changes(
            "insert into app.tour_stops (tour_id, number, point_id, arrives_at, leaves_at)"
            " select $1, $2, case when $5 then from_point else to_point end, $3, $3 from app.collections where id = $4",
            tour,
            number,
            begins + timedelta(minutes=5 * number),
            at.id,
            place == "from_point",
        )
    for number, one in enumerate(collections, 1):
        await town.changes("insert into app.stop_tasks values ($1, $2, $3, 'take')", tour, number, one.id)
        await town.changes("insert into app.stop_tasks values ($1, $2, $3, 'leave')", tour, len(places), one.id)
    await town.changes(
        "update app.collections set status = 'scheduled' where id = any ($1)", [one.id for one in collections]
    )
    return Round(town, tour, collector, association, list(collections), begins)


async def _insert(town: Town, table: str, columns: dict[str, Any]) -> UUID:
    places = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
    made: UUID = await town.value(
        f"insert into app.{table} ({', '.join(columns)}) values ({places}) returning id",  # noqa: S608 - names from tests
        *columns.values(),
    )
    return made
