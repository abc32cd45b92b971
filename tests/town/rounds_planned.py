"""Builders for a day of tours that is planned: collectors with vehicles, collections of that day, and a plan."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.town import Town
from tests.town.answers import accepted
from tests.town.people import Association, Collector, Person
from tests.town.rounds import Collected, a_collection

PARIS = ZoneInfo("Europe/Paris")
EVENING = [{"opens": "16:00", "closes": "23:00"}]
VEHICLE: dict[str, Any] = {
    "vehicle": "cargo_bike",
    "most_grams": 120_000,
    "crates": 20,
    "cold_crates": 6,
    "speed_kmh": 15,
    "parking_seconds": 60,
    "latitude": 48.58,
    "longitude": 7.75,
    "insee_code": "67482",
    "radius_metres": 10_000,
    "hours": {day: EVENING for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")},
}


async def noon(town: Town) -> datetime:
    """Set the clock to noon in Paris, and return it."""
    at = (await town.now()).astimezone(PARIS).replace(hour=12, minute=0, second=0, microsecond=0)
    await town.clock(at)
    return at


async def a_driver(town: Town, name: str = "Karim", **said: Any) -> Collector:
    """Make a verified collector who said what they drive."""
    collector = await town.a_collector(name)
    accepted(await collector.asks("PUT", "/collectors/me", {**VEHICLE, **said}))
    return collector


async def for_the_evening(town: Town, at: datetime, association: Association | None = None, **said: Any) -> Collected:
    """Make an accepted collection from 18 to 20 o'clock, of 30 kg for an association nearby by default."""
    association = association or await town.an_association()
    await town.changes(
        "update app.collection_points set latitude = 48.585, longitude = 7.745, opening_hours = '{}'"
        " where association_id = $1",
        association.id,
    )
    window = {"window_start": at.replace(hour=18), "window_end": at.replace(hour=20), "grams": 30_000}
    return await a_collection(town, association=association, **{**window, **said})


async def planned(town: Town, operator: Person, at: datetime, effort: int = 1) -> dict[str, Any]:
    """Ask for a plan of a day, let the worker make it, and return what came of it."""
    asked = accepted(await operator.asks("POST", "/tours/plan", {"day": at.date().isoformat(), "effort": effort}))
    await town.worker_runs()
    found: dict[str, Any] = accepted(await operator.asks("GET", f"/tours/plans/{asked.json()['id']}")).json()
    return found


async def tours_of(person: Person, at: datetime, mine: str = "false") -> list[dict[str, Any]]:
    """Return the tours of a day that somebody sees."""
    answer = accepted(await person.asks("GET", f"/tours?day={at.date().isoformat()}&mine={mine}"))
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def status_of(town: Town, collection: UUID) -> str:
    """Return a collection's status."""
    status: str = await town.value("select status from app.collections where id = $1", collection)
    return status


def later(at: datetime, hours: float) -> datetime:
    """Return a time of the same day."""
    return at + timedelta(hours=hours)
