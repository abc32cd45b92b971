"""Plan tours of public pickup-and-delivery instances in the form of Li and Lim, and of an evening in Strasbourg.

The product's own planner makes each plan, in a process of its own as in the product, and the checker looks at it again.
"""

import asyncio
import itertools
import math
import resource
from dataclasses import dataclass

from backend.tours.planning.checker import violations
from backend.tours.planning.greedy import MOST_URGENT
from backend.tours.planning.planner import Planned, plan_tours
from backend.tours.planning.problem import Plan, Problem, Request, Vehicle, Visit
from backend.tours.planning.solver import Effort
from scripts.benchmarks.evening import AT_SEVEN, evening, in_the_middle
from scripts.benchmarks.figures import Figure

SCALE = 1000  # units of whole numbers a unit of the file; distances are rounded up to the next
ROUNDING = 1e-9  # what a double may be too large by
WEIGHT_OF_A_VEHICLE = 100_000 * SCALE  # more than any distance: vehicles are compared first
INSTANCE_SECONDS, EVENING_SECONDS, AGAIN_SECONDS = 9.5, 18.0, 4.0  # of CPU; reading and checking come on top
FIELDS = """
An instance is a text file in the form of Li and Lim. Its first line has three numbers: how many vehicles there are, how
much each carries, and the speed (units of distance a unit of time). Each further line is a task with nine: its number,
x, y, demand (below 0 for a delivery), the earliest and the latest time at which its service may begin, how long that
takes, the number of the task that picks up what it delivers (0 for a pickup), and the number of the task that delivers
what it picks up (0 for a delivery). Task 0 is the depot, where tours begin and end; its latest time is the end of the
day. Distances are straight. Vehicles count first, then distance.
""".strip()


class BadInstance(Exception):
    """Raised when a file has not the form of Li and Lim."""


@dataclass(frozen=True)
class Result:
    """The result of a plan. distance: in the file's units, from exact coordinates. wrong: the checker's findings."""

    vehicles: int
    distance: float
    unplanned: int
    wrong: list[str]
    planner: str
    cpu_seconds: float


@dataclass(frozen=True)
class Instance:
    """An instance, and the coordinates that its exact distances come from. tasks: place by request and kind."""

    problem: Problem
    places: list[tuple[float, float]]

    def distance(self, plan: Plan) -> float:
        """Return the exact length of all tours, in the file's units."""
        total = 0.0
        for tour in plan.tours:
            requests = self.problem.requests
            way = [
                requests[stop.request].delivery if stop.delivers else requests[stop.request].pickup
                for stop in tour.stops
            ]
            places = [0, *(visit.place for visit in way), 0]
            total += sum(math.dist(self.places[here], self.places[there]) for here, there in itertools.pairwise(places))
        return total


def read(text: str) -> Instance:
    """Return the instance of a file's text. Raises BadInstance."""
    try:
        lines = [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]
        (count, capacity, speed), tasks = lines[0], {int(line[0]): line for line in lines[1:]}
        if any(len(line) != 9 for line in lines[1:]) or speed <= 0 or sorted(tasks) != list(range(len(tasks))):
            raise BadInstance("a task has nine fields, and tasks are numbered from 0")
        places = [(tasks[number][1], tasks[number][2]) for number in range(len(tasks))]
        requests = tuple(
            _request(number, task, tasks) for number, task in sorted(tasks.items()) if number != 0 and int(task[8]) != 0
        )
    except (ValueError, IndexError, KeyError) as wrong:
        raise BadInstance(f"not in the form of Li and Lim: {wrong}") from wrong
    if 2 * len(requests) != len(tasks) - 1:
        raise BadInstance("each task but the depot picks up or delivers, in pairs")
    distances = [[_units(math.dist(here, there)) for there in places] for here in places]
    durations = [[_units(math.dist(here, there) / speed) for there in places] for here in places]
    depot = tasks[0]
    vehicles = tuple(
        Vehicle(f"vehicle {number + 1}", (int(capacity),), 0, 0, _units(depot[4]), _units(depot[5]))
        for number in range(int(count))
    )
    problem = Problem(requests, vehicles, (distances,), (durations,), WEIGHT_OF_A_VEHICLE, all_required=True)
    return Instance(problem, places)


def _request(number: int, task: list[float], tasks: dict[int, list[float]]) -> Request:
    other = tasks[int(task[8])]
    if int(other[7]) != number or other[3] != -task[3] or task[3] <= 0:
        raise BadInstance(f"tasks {number} and {int(task[8])} are no pair")
    pickup, delivery = (
        Visit(int(one[0]), _units(one[4]), math.floor(one[5] * SCALE), _units(one[6])) for one in (task, other)
    )
    return Request(str(number), pickup, delivery, (int(task[3]),))


def _units(value: float) -> int:
    return math.ceil(value * SCALE - ROUNDING)


def solved(instance: Instance, effort: Effort) -> Result:
    """Plan an instance and return what the plan comes to."""
    planned, seconds = _timed(instance.problem, effort)
    plan = planned.plan
    wrong = violations(instance.problem, plan)
    by = f"{plan.planner} ({planned.because.value})" if planned.because else plan.planner
    return Result(len(plan.tours), instance.distance(plan), len(plan.unplanned), wrong, by, seconds)


def evening_figures(seconds: float, seconds_again: float) -> list[Figure]:
    """Return the figures of an evening that asks more than its vehicles can do, planned, and planned again at 19:00."""
    problem = evening(200, 10)
    planned, used = _timed(problem, Effort(seconds=seconds))
    plan = planned.plan
    wrong = violations(problem, plan)
    missed = sum(problem.requests[index].urgency == MOST_URGENT for index in plan.unplanned)
    by = planned.because.value if planned.because else plan.planner
    figures = [
        Figure("tours: CPU of 200 requests, 10 vehicles", 20, used, f"{plan.served()} planned, {by}", True, "s"),
        Figure("tours: rules that the plan breaks", 0, len(wrong), "chilled rides, windows, loads, shifts", True),
        Figure("tours: urgent requests left out", 0, missed, f"{len(plan.unplanned)} left out, with a reason", True),
    ]
    later = in_the_middle(problem, plan, AT_SEVEN)
    again, used = _timed(later, Effort(seconds=seconds_again))
    wrong = violations(later, again.plan)
    moved = sum(len(vehicle.locked) for vehicle in later.vehicles)
    figures += [
        Figure("tours: CPU of planning again at 19:00", 6, used, f"{again.plan.served()} planned", True, "s"),
        Figure("tours: rules that it breaks then", 0, len(wrong), f"{moved} promised visits stay", True),
    ]
    return figures


def _timed(problem: Problem, effort: Effort) -> tuple[Planned, float]:
    """Return the plan, and the CPU seconds of this process and of the solver's."""
    before = _cpu()
    planned = asyncio.run(plan_tours(problem, effort))
    return planned, _cpu() - before


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )
