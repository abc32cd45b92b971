"""Make a planning problem of a day's collections and collectors, and rows of the plan that solves it.

Seconds count from the begin of the day where the operator is, and go on through the night after it: an evening that
reaches midnight is as long as its hours say, those of the next weekday's early morning included. Loads are whole
kilograms, crates and cold crates. Two more kinds of load say who may carry what: a collection for professionals weighs
something that volunteers cannot carry, and one outside a collector's area weighs something that only the others can.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from backend.time_zones import PARIS
from backend.tours.distances import Place, straight_metres
from backend.tours.planning.problem import Matrix, Plan, Problem, Reason, Request, Tour, Vehicle, Visit

PLENTY = 1_000_000  # of a load that does not count for a vehicle
BASIC_LOADS = 3
NIGHT = timedelta(hours=6)
"""How long after its end a day's tours may last."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Span = tuple[int, int]
"""From one second of the day to another."""


class PointRead(BaseModel):
    """A collection point. hours: by weekday; empty if it is always open."""

    id: UUID
    latitude: float | None
    longitude: float | None
    hours: dict[str, list[dict[str, str]]]
    zone: str | None
    seconds: int


class CollectionRead(BaseModel):
    """A collection to plan. eaten_by: the earliest end of a use-by day."""

    id: UUID
    version: int
    opens: datetime
    closes: datetime
    grams: int
    crates: int
    portions: int
    cold: bool
    eaten_by: datetime | None
    professional: bool
    start: PointRead
    end: PointRead


class CollectorRead(BaseModel):
    """A collector, and the spans in which they drive other tours."""

    id: UUID
    most_grams: int
    crates: int
    cold_crates: int
    professional: bool
    speed_kmh: int
    farthest_metres: int | None
    parking_seconds: int
    latitude: float
    longitude: float
    zone: str | None
    radius_metres: int
    vehicle: str
    returns_to_start: bool
    hours: dict[str, list[dict[str, str]]]
    busy: list[tuple[datetime, datetime]]


class DayRead(BaseModel):
    """All that a plan is made of."""

    day: date
    now: datetime
    day_begins: datetime
    day_ends: datetime
    seconds: int
    chilled_ride_seconds: int
    road_factor: float
    portion_grams: int
    crate_grams: int
    collections: list[CollectionRead]
    collectors: list[CollectorRead]

    @property
    def last(self) -> int:
        """The second at which the night after the day is over."""
        return self.at(self.day_ends + NIGHT)

    def at(self, moment: datetime) -> int:
        """Return the second of the day of a moment."""
        return math.ceil((moment - self.day_begins).total_seconds())

    def moment(self, second: int) -> datetime:
        """Return the moment of a second of the day."""
        return self.day_begins + timedelta(seconds=second)


@dataclass(frozen=True)
class Built:
    """A problem with what its indexes stand for. left_out: collections that are not in it, with why."""

    read: DayRead
    problem: Problem
    collections: list[CollectionRead]
    collectors: list[CollectorRead]
    left_out: dict[UUID, str]


def places_of(read: DayRead) -> list[Place]:
    """Return where tours may lead: each point once, then where each collector starts."""
    points: dict[UUID, Place] = {}
    for one in read.collections:
        for point in (one.start, one.end):
            if (place := _place(point)) is not None:
                points.setdefault(point.id, place)
    return [*points.values(), *((one.latitude, one.longitude) for one in read.collectors)]


def built(read: DayRead, metres: Matrix) -> Built:
    """Return the problem of a day. metres: between the places that `places_of` returns, in that order."""
    numbers: dict[UUID, int] = {}
    for one in read.collections:
        for point in (one.start, one.end):
            if _place(point) is not None:
                numbers.setdefault(point.id, len(numbers))
    shifts = [(number, one, _shift(read, one)) for number, one in enumerate(read.collectors)]
    driving = [(number, one, shift) for number, one, shift in shifts if shift is not None]
    left_out: dict[UUID, str] = {}
    kept: list[tuple[CollectionRead, Visit, Visit]] = []
    for one in read.collections:
        visits = _visits(read, one, numbers)
        if isinstance(visits, str):
            left_out[one.id] = visits
        else:
            kept.append((one, *visits))
    paces = sorted({(one.speed_kmh, one.parking_seconds) for _, one, _ in driving})
    outside = [[_is_outside(collector, one) for one, _, _ in kept] for _, collector, _ in driving]
    requests = tuple(
        Request(
            str(one.id),
            pickup,
            delivery,
            (*_loads(read, one), int(one.professional), *(int(row[number]) for row in outside)),
            read.chilled_ride_seconds if one.cold else None,
            _urgency(read, one),
        )
        for number, (one, pickup, delivery) in enumerate(kept)
    )
    vehicles = tuple(
        Vehicle(
            str(one.id),
            (
                one.most_grams // 1000,
                one.crates,
                one.cold_crates,
                PLENTY if one.professional else 0,
                *(0 if other == place else PLENTY for other in range(len(driving))),
            ),
            len(numbers) + number,
            len(numbers) + number if one.returns_to_start else None,
            *shift,
            one.farthest_metres,
            paces.index((one.speed_kmh, one.parking_seconds)),
        )
        for place, (number, one, shift) in enumerate(driving)
    )
    problem = Problem(
        requests, vehicles, tuple(metres for _ in paces), tuple(_durations(metres, *pace) for pace in paces)
    )
    return Built(read, problem, [one for one, _, _ in kept], [one for _, one, _ in driving], left_out)


def rows_of(made: Built, plan: Plan) -> list[dict[str, Any]]:
    """Return the tours of a plan as the database takes them: consecutive visits to a point are one stop."""
    return [_row(made, tour) for tour in plan.tours if tour.stops]


def reasons_of(made: Built, plan: Plan) -> list[dict[str, str]]:
    """Return each collection that is in no tour, with its reason."""
    said = dict(made.left_out)
    for index, reason in plan.unplanned.items():
        said[made.collections[index].id] = _reason(made.problem, index, reason)
    return [{"collection_id": str(one), "reason": reason} for one, reason in sorted(said.items())]


def _place(point: PointRead) -> Place | None:
    if point.latitude is None or point.longitude is None:
        return None
    return point.latitude, point.longitude


def _shift(read: DayRead, one: CollectorRead) -> Span | None:
    """Return the longest span in which a collector can drive, from now on and beside their other tours."""
    free = [(max(begins, read.at(read.now)), ends) for begins, ends in _spans(read, one.hours, one.zone)]
    for begins, ends in one.busy:
        busy = read.at(begins), read.at(ends)
        free = [part for span in free for part in ((span[0], min(span[1], busy[0])), (max(span[0], busy[1]), span[1]))]
    free = [span for span in free if span[0] < span[1]]
    return max(free, key=lambda span: span[1] - span[0], default=None)


def _spans(read: DayRead, hours: dict[str, list[dict[str, str]]], zone: str | None) -> list[Span]:
    """Return when somebody is there on the day, by hours in the local time of a zone.

    What is open until midnight goes on for as long as it is open from midnight on the next day, at most for the night.
    """
    local, tomorrow = ZoneInfo(zone or PARIS), read.day + timedelta(days=1)
    nightly = [
        min(read.at(_moment(tomorrow, open_["closes"], local)), read.last)
        for open_ in hours.get(DAYS[tomorrow.weekday()], [])
        if open_["opens"] == "00:00"
    ]
    return [
        (
            read.at(_moment(read.day, open_["opens"], local)),
            nightly[0]
            if open_["closes"] == "24:00" and nightly
            else read.at(_moment(read.day, open_["closes"], local)),
        )
        for open_ in hours.get(DAYS[read.day.weekday()], [])
    ]


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)


def _visits(read: DayRead, one: CollectionRead, numbers: dict[UUID, int]) -> tuple[Visit, Visit] | str:
    """Return when a collection may be taken and left; or why it cannot.

    It is taken in the window that was asked for, whatever the shop's hours are, and left while its receiver is open and
    before its use-by date is over.
    """
    if one.start.id not in numbers or one.end.id not in numbers:
        return "no_place"
    opens, closes = max(read.at(one.opens), read.at(read.now), 0), min(read.at(one.closes), read.last)
    if opens > closes:
        return "too_late"
    last = read.last if one.eaten_by is None else min(read.at(one.eaten_by), read.last)
    spans = _spans(read, one.end.hours, one.end.zone) if one.end.hours else [(0, read.last)]
    left = [(max(begins, opens), min(ends, last)) for begins, ends in spans]
    left = [span for span in left if span[0] < span[1]]
    if not left:
        return "receiver_closed"
    begins, ends = max(left, key=lambda span: span[1] - span[0])
    return (
        Visit(numbers[one.start.id], opens, closes, one.start.seconds),
        Visit(numbers[one.end.id], begins, ends, one.end.seconds),
    )


def _loads(read: DayRead, one: CollectionRead) -> tuple[int, int, int]:
    grams = one.grams or one.portions * read.portion_grams + one.crates * read.crate_grams
    crates = one.crates or max(1, math.ceil(grams / read.crate_grams))
    return math.ceil(grams / 1000), crates, crates if one.cold else 0


def _urgency(read: DayRead, one: CollectionRead) -> int:
    """Return 2 if a use-by date ends with the day or before, 1 if with the next one, else 0."""
    if one.eaten_by is None:
        return 0
    return 2 if one.eaten_by <= read.day_ends else 1 if one.eaten_by <= read.day_ends + timedelta(days=1) else 0


def _is_outside(collector: CollectorRead, one: CollectionRead) -> bool:
    start = collector.latitude, collector.longitude
    places = (_place(one.start), _place(one.end))
    return any(place is not None and straight_metres(start, place) > collector.radius_metres for place in places)


def _durations(metres: Matrix, kmh: int, parking: int) -> Matrix:
    return [
        [0 if here == there else math.ceil(way * 3.6 / kmh) + parking for there, way in enumerate(row)]
        for here, row in enumerate(metres)
    ]


def _reason(problem: Problem, index: int, reason: Reason) -> str:
    if not problem.vehicles:
        return "no_collector"
    if reason is not Reason.NO_VEHICLE_FITS:
        return reason.value
    load = problem.requests[index].load
    for loads, said in ((slice(0, BASIC_LOADS), "no_vehicle_fits"), (slice(0, BASIC_LOADS + 1), "no_professional")):
        if not any(_fits(load[loads], vehicle.capacity[loads]) for vehicle in problem.vehicles):
            return said
    return "outside_every_area"


def _fits(load: Sequence[int], capacity: Sequence[int]) -> bool:
    return all(part <= most for part, most in zip(load, capacity, strict=True))


def _row(made: Built, tour: Tour) -> dict[str, Any]:
    problem, read = made.problem, made.read
    vehicle = problem.vehicles[tour.vehicle]
    stops: list[dict[str, Any]] = []
    for stop in tour.stops:
        collection = made.collections[stop.request]
        point = collection.end if stop.delivers else collection.start
        if not stops or stops[-1]["point_id"] != str(point.id):
            stops.append({"point_id": str(point.id), "arrives_at": _told(read, stop.begins), "tasks": []})
        stops[-1]["leaves_at"] = _told(read, stop.leaves)
        stops[-1]["tasks"].append(
            {
                "collection_id": str(collection.id),
                "version": collection.version,
                "kind": "leave" if stop.delivers else "take",
            }
        )
    first = tour.stops[0]
    request = problem.requests[first.request]
    way = problem.durations[vehicle.profile][vehicle.starts][request.pickup.place]
    return {
        "collector_id": vehicle.id,
        "begins_at": _told(read, first.begins - way),
        "ends_at": _told(read, tour.ends),
        "metres": tour.metres,
        "stops": stops,
    }


def _told(read: DayRead, second: int) -> str:
    return read.moment(second).isoformat()
