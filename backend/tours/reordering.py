"""Check an order of a tour that a person chose, by the same rules as plans."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from backend.tours.building import Built, DayRead, built, rows_of
from backend.tours.distances import Matrix
from backend.tours.planning.checker import violations
from backend.tours.planning.problem import Plan, Problem, Stop, Tour
from backend.tours.planning.schedule import timed


class TaskRead(BaseModel):
    """A task of a stop."""

    collection_id: UUID
    kind: Literal["take", "leave"]


class StopRead(BaseModel):
    """A stop as it is numbered now."""

    number: int
    tasks: list[TaskRead]


class TourRead(BaseModel):
    """A tour to reorder, with the version that is read."""

    version: int
    stops: list[StopRead]
    day: DayRead


class OrderUnknown(Exception):
    """Raised when an order does not name each stop once."""


@dataclass(frozen=True)
class Reordered:
    """The tour's new rows, or what the order breaks."""

    row: dict[str, Any] | None
    broken: list[str]


def reordered(read: TourRead, order: list[int], metres: Matrix) -> Reordered:
    """Return the tour in another order of its stops. metres: as for `built`. Raises OrderUnknown."""
    stops = {stop.number: stop for stop in read.stops}
    if sorted(order) != sorted(stops):
        raise OrderUnknown
    made = built(read.day, metres)
    if not made.problem.vehicles:
        return Reordered(None, ["the collector is not free"])
    if made.left_out:
        return Reordered(None, [f"{one}: {why}" for one, why in made.left_out.items()])
    where = {one.id: index for index, one in enumerate(made.collections)}
    steps = [
        (where[task.collection_id], task.kind == "leave")
        for number in order
        for task in sorted(stops[number].tasks, key=lambda task: task.kind == "take")
    ]
    tour = timed(made.problem, 0, steps) or _driven_anyway(made.problem, steps)
    plan = Plan((tour,), planner="greedy")
    broken = [_without_name(made, said) for said in violations(made.problem, plan)]
    return Reordered(None if broken else rows_of(made, plan)[0], broken)


def _driven_anyway(problem: Problem, steps: list[tuple[int, bool]]) -> Tour:
    """Return the tour of an order that breaks a window, so that the checker can say which."""
    vehicle = problem.vehicles[0]
    metres, durations = problem.distances[vehicle.profile], problem.durations[vehicle.profile]
    at, clock, length, stops = vehicle.starts, vehicle.begins, 0, []
    for index, delivers in steps:
        request = problem.requests[index]
        visit = request.delivery if delivers else request.pickup
        clock += durations[at][visit.place]
        length += metres[at][visit.place]
        begins = max(clock, visit.opens)
        stops.append(Stop(index, delivers, clock, begins, begins + visit.service))
        clock, at = begins + visit.service, visit.place
    if vehicle.ends is not None:
        clock += durations[at][vehicle.ends]
        length += metres[at][vehicle.ends]
    return Tour(0, tuple(stops), length, clock)


def _without_name(made: Built, said: str) -> str:
    return said.removeprefix(f"{made.problem.vehicles[0].id}: ")
