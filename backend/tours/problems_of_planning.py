"""The problems of planning tours, and of accepting, starting, closing and cancelling them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from backend.problems.problem import Problem


class CollectorOutsideTerritory(Problem):
    """Raised when a collector would start from outside France."""

    code, status = "collector.outside_territory", 422


class CollectorProfileNotFound(Problem):
    """Raised when a collector has not yet said what they drive."""

    code, status = "collector.no_profile", 404


class PlanDayOutOfRange(Problem):
    """Raised when the tours of a day that is over, or more than 30 days ahead, are to be planned."""

    code, status = "tour_plan.day_out_of_range", 422


class PlanRunning(Problem):
    """Raised when the same operator's day is being planned already."""

    code, status = "tour_plan.running", 409


class PlanNotFound(Problem):
    """Raised when there is no such plan, or another operator asked for it."""

    code, status = "tour_plan.not_found", 404


class TourNotOpen(Problem):
    """Raised when a tour is to be accepted that somebody else has, or that was cancelled."""

    code, status = "tour.not_open", 409


class TourOver(Problem):
    """Raised when a tour is to be accepted whose time has passed."""

    code, status = "tour.over", 409


class TourEmpty(Problem):
    """Raised when a tour is to be accepted of whose collections none is left."""

    code, status = "tour.empty", 409


class TourAtTheSameTime(Problem):
    """Raised when a collector accepts a tour at the time of another one of theirs."""

    code, status = "tour.at_the_same_time", 409


class TourBegun(Problem):
    """Raised when a tour is to be declined or cancelled that has begun or is over."""

    code, status = "tour.begun", 409


class TourNotAccepted(Problem):
    """Raised when a tour is to be started that its collector has not accepted, or that is over."""

    code, status = "tour.not_accepted", 409


class AnotherTourUnderWay(Problem):
    """Raised when a collector starts a tour while they drive another one."""

    code, status = "tour.another_under_way", 409


class TourNotBegun(Problem):
    """Raised when a tour is to be closed that has not begun."""

    code, status = "tour.not_begun", 409


class TourStopsAhead(Problem):
    """Raised when a tour is to be closed while stops are still ahead."""

    code, status = "tour.stops_ahead", 409


class TourOrderUnknown(Problem):
    """Raised when an order does not name each stop of the tour once."""

    code, status = "tour.order_unknown", 422


class TourOrderBroken(Problem):
    """Raised when a tour cannot be driven in an order. `broken` says which rules it breaks, in English."""

    code, status = "tour.order_broken", 409
    example: ClassVar[Mapping[str, Any]] = {"broken": ["01980c5e-9a10-7a53-b7f4-2f0d7c1e9a01 begins after its window"]}
