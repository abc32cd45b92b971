"""The types of a planning problem and of a plan. Times are whole seconds from the day's begin, distances whole metres.

One matrix of whole numbers, rounded up, is shared by the greedy planner, the solver and the checker, so that what one
of them calls feasible is feasible for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Matrix = Sequence[Sequence[int]]


class Reason(StrEnum):
    """Why a request is in no tour."""

    NO_VEHICLE_FITS = "no_vehicle_fits"
    """It is larger than every vehicle, or needs a cold box that none has."""
    OUT_OF_REACH = "out_of_reach"
    """No vehicle could do it in time even if it did nothing else."""
    NO_ROOM_LEFT = "no_room_left"
    """It could be done, but not beside what is planned."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The place and time of a pickup or a delivery.

    place: the index in the matrices. opens, closes: when the visit may begin. service: seconds that it takes.
    """

    place: int
    opens: int
    closes: int
    service: int


@dataclass(frozen=True, slots=True)
class Request:
    """Something to pick up in one place and deliver to another, by one vehicle.

    load: the amount in each dimension of the vehicles' capacity. longest_ride: the most seconds from the end of the
    pickup to the begin of the delivery; None without a limit. urgency: 0 can wait, 2 must not.
    """

    id: str
    pickup: Visit
    delivery: Visit
    load: tuple[int, ...]
    longest_ride: int | None = None
    urgency: int = 0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Somebody who drives a tour.

    capacity: in each dimension. starts, ends: places; `ends` None: the tour ends with its last stop. begins, finishes:
    the shift. farthest: the most metres of a tour; None without a limit. profile: which of the problem's matrices holds
    for it. locked: what it has done or was promised, by `Problem.requests` index and kind (True delivers), in order:
    its tour begins with exactly that.
    """

    id: str
    capacity: tuple[int, ...]
    starts: int
    ends: int | None
    begins: int
    finishes: int
    farthest: int | None = None
    profile: int = 0
    locked: tuple[tuple[int, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A planning problem.

    distances, durations: one matrix for each profile. parking is part of the durations into a place from another one,
    so that several visits at one place in a row park once. vehicle_cost: metres that one more vehicle is worth.
    all_required: whether a plan must hold every request.
    """

    requests: tuple[Request, ...]
    vehicles: tuple[Vehicle, ...]
    distances: tuple[Matrix, ...]
    durations: tuple[Matrix, ...]
    vehicle_cost: int = 0
    all_required: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a tour: the index of its request, whether it delivers, and when it begins."""

    request: int
    delivers: bool
    arrives: int
    begins: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Tour:
    """The stops of one vehicle, in order."""

    vehicle: int
    stops: tuple[Stop, ...]
    metres: int
    ends: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Tours of the vehicles that drive, and why each request that is in none is not. planner: who made it."""

    tours: tuple[Tour, ...]
    unplanned: dict[int, Reason] = field(default_factory=dict)
    planner: str = "greedy"

    def metres(self) -> int:
        """Return the length of all tours together."""
        return sum(tour.metres for tour in self.tours)

    def served(self) -> int:
        """Return how many requests are in a tour."""
        return sum(stop.delivers for tour in self.tours for stop in tour.stops)
