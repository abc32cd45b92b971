"""Improve a plan with PyVRP, and repair what its model cannot say: how long chilled food may ride.

PyVRP knows no limit for the ride of a shipment (its issue 1097) and may return an answer that is not feasible. So each
answer is driven through again: what rides too long gets a narrower window for its pickup, and what still does so goes
back to the greedy planner, urgent requests first.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from backend.tours.planning.greedy import Order, greedy
from backend.tours.planning.problem import Plan, Problem, Vehicle
from backend.tours.planning.schedule import timed

if TYPE_CHECKING:
    import pyvrp

LARGEST_COST = 90_000  # of what is worth most: beyond PyVRP's largest penalty (100 000), breaking a rule would pay
PRIZE_BY_URGENCY = (0.2, 0.6, 1.0)  # 1 : 3 : 5
SHARE_OF_FIRST_ROUND = 0.6
ROUNDS = 3

Told = Callable[[float], None]
"""Called with how much of the time is over, from 0 to 1."""


class SolverMissing(Exception):
    """Raised where PyVRP is not installed."""


@dataclass(frozen=True)
class Effort:
    """How long the solver may work: CPU seconds, or iterations, which give the same plan each time."""

    seconds: float | None = 10.0
    iterations: int | None = None
    seed: int = 1


def improved(problem: Problem, begun: Plan, effort: Effort, told: Told = lambda _: None) -> Plan:
    """Return a plan at least as good as the one to begin with.

    Vehicles that were promised something keep the tour that they have. Raises SolverMissing.
    """
    try:
        import pyvrp  # noqa: F401, PLC0415  an optional dependency, slow to import
    except ImportError as missing:
        raise SolverMissing from missing
    started = time.process_time()
    best, orders = begun, orders_of(begun)
    kept = {number: order for number, order in orders.items() if problem.vehicles[number].locked}
    narrowed: dict[int, int] = {}
    rounds = ROUNDS if any(one.longest_ride is not None for one in problem.requests) else 1
    for number in range(rounds):
        share = 1.0 if rounds == 1 else SHARE_OF_FIRST_ROUND if number == 0 else (1 - SHARE_OF_FIRST_ROUND) / (rounds - 1)
        answer = _solved(problem, kept, best, narrowed, effort, share, started, told)
        orders = {**kept, **answer}
        found, late = _driven(problem, orders)
        if better(problem, found, best):
            best = found
        if not late:
            break
        for index, opens in late.items():
            narrowed[index] = max(narrowed.get(index, 0), opens)
    return replace(best, planner="pyvrp")


def orders_of(plan: Plan) -> dict[int, Order]:
    """Return the order of each vehicle's visits in a plan."""
    return {tour.vehicle: [(stop.request, stop.delivers) for stop in tour.stops] for tour in plan.tours}


def better(problem: Problem, one: Plan, other: Plan) -> bool:
    """Return whether a plan is better: more urgent requests, then more requests, fewer vehicles (if they cost), metres."""
    return _worth(problem, one) < _worth(problem, other)


def _worth(problem: Problem, plan: Plan) -> tuple[int, int, int]:
    missing = [problem.requests[index].urgency for index in plan.unplanned]
    cost = plan.metres() + problem.vehicle_cost * len(plan.tours)
    return (sum(urgency == max(PRIZES) for urgency in missing), len(missing), cost)


PRIZES = range(len(PRIZE_BY_URGENCY))


def _driven(problem: Problem, orders: dict[int, Order]) -> tuple[Plan, dict[int, int]]:
    """Return the plan of these orders in which every rule is kept, and the requests that rode too long.

    What breaks a rule is taken out, the least urgent last, and put back where it fits. Requests that rode too long come
    with when their pickup should begin at the earliest.
    """
    late: dict[int, int] = {}
    kept: dict[int, Order] = {}
    for number, order in orders.items():
        vehicle = problem.vehicles[number]
        relaxed = timed(_without_rides(problem), number, order)
        if relaxed is not None:
            left = {stop.request: stop.leaves for stop in relaxed.stops if not stop.delivers}
            for stop in relaxed.stops:
                request = problem.requests[stop.request]
                limit = request.longest_ride
                if stop.delivers and limit is not None and stop.begins - left.get(stop.request, stop.begins) > limit:
                    late[stop.request] = min(stop.begins - limit - request.pickup.service, request.pickup.closes)
        kept[number] = _drivable(problem, number, vehicle, order, late)
    return greedy(problem, kept), {index: opens for index, opens in late.items() if _still_late(problem, kept, index)}


def _still_late(problem: Problem, kept: dict[int, Order], index: int) -> bool:
    return all((index, True) not in order for order in kept.values())


def _without_rides(problem: Problem) -> Problem:
    return replace(problem, requests=tuple(replace(one, longest_ride=None) for one in problem.requests))


def _drivable(problem: Problem, number: int, vehicle: Vehicle, order: Order, late: dict[int, int]) -> Order:
    """Return an order without what keeps it from being driven: first what rides too long, then the least urgent."""
    order = list(order)
    while order and not _fits(problem, number, order):
        inside = {index for index, delivers in order if delivers and (index, delivers) not in vehicle.locked}
        if not inside:
            return list(vehicle.locked)
        out = min(inside, key=lambda index: (index not in late, problem.requests[index].urgency, index))
        order = [step for step in order if step[0] != out]
    return order


def _fits(problem: Problem, number: int, order: Order) -> bool:
    vehicle = problem.vehicles[number]
    tour = timed(problem, number, order)
    if tour is None or vehicle.farthest is not None and tour.metres > vehicle.farthest:
        return False
    load = [0] * len(vehicle.capacity)
    for index, delivers in order:
        sign = -1 if delivers else 1
        load = [now + sign * part for now, part in zip(load, problem.requests[index].load, strict=True)]
        if any(now > most for now, most in zip(load, vehicle.capacity, strict=True)):
            return False
    return True


def _solved(
    problem: Problem,
    kept: dict[int, Order],
    begun: Plan,
    narrowed: dict[int, int],
    effort: Effort,
    share: float,
    started: float,
    told: Told,
) -> dict[int, Order]:
    """Return the orders that PyVRP finds for the vehicles to which nothing was promised."""
    import pyvrp  # noqa: PLC0415  an optional dependency, slow to import

    vehicles = [number for number in range(len(problem.vehicles)) if number not in kept]
    taken = {index for order in kept.values() for index, _ in order}
    requests = [index for index in range(len(problem.requests)) if index not in taken]
    if not vehicles or not requests:
        return {}
    unit = _unit(problem)
    model, data = pyvrp.Model(), None
    places = _add_places(problem, model)
    nowhere = model.add_location(0, 0)
    profiles = [model.add_profile() for _ in problem.distances]
    _add_ways(problem, model, places, nowhere, profiles, unit)
    depots = {
        place: model.add_depot(places[place])
        for place in sorted(
            {
                place
                for number in vehicles
                for place in (problem.vehicles[number].starts, problem.vehicles[number].ends)
                if place is not None
            }
        )
    }
    anywhere = model.add_depot(nowhere)
    for number in vehicles:
        vehicle = problem.vehicles[number]
        model.add_vehicle_type(
            1,
            capacity=list(vehicle.capacity),
            start_depot=depots[vehicle.starts],
            end_depot=depots[vehicle.ends] if vehicle.ends is not None else anywhere,
            fixed_cost=math.ceil(problem.vehicle_cost / unit),
            tw_early=vehicle.begins,
            tw_late=vehicle.finishes,
            profile=profiles[vehicle.profile],
            **({"max_distance": vehicle.farthest // unit} if vehicle.farthest is not None else {}),
        )
    for index in requests:
        request = problem.requests[index]
        model.add_shipment(
            places[request.pickup.place],
            places[request.delivery.place],
            pickup_tw_early=max(request.pickup.opens, narrowed.get(index, 0)),
            pickup_tw_late=request.pickup.closes,
            pickup_service_duration=request.pickup.service,
            delivery_tw_early=request.delivery.opens,
            delivery_tw_late=request.delivery.closes,
            delivery_service_duration=request.delivery.service,
            amount=list(request.load),
            prize=0 if problem.all_required else round(LARGEST_COST * PRIZE_BY_URGENCY[request.urgency]),
            required=problem.all_required,
        )
    data = model.data()
    where = {index: number for number, index in enumerate(requests)}
    first = _begun(pyvrp, data, begun, vehicles, where)
    stop = _Stop(effort, share, started, told)
    found = model.solve(stop, seed=effort.seed, collect_stats=False, display=False, initial_solution=first).best
    answer: dict[int, Order] = {}
    for route in found.routes():
        steps = [step for step in route.schedule() if step.is_pickup() or step.is_delivery()]
        answer[vehicles[route.vehicle_type()]] = [(requests[step.idx], step.is_delivery()) for step in steps]
    return answer


def _unit(problem: Problem) -> int:
    """Return how many metres PyVRP counts as one, so that no detour costs as much as the least prize."""
    if problem.all_required:
        return 1
    longest = max(max(map(max, matrix), default=1) for matrix in problem.distances)
    return max(1, math.ceil(2 * longest / (LARGEST_COST * PRIZE_BY_URGENCY[0])))


def _add_places(problem: Problem, model: "pyvrp.Model") -> list["pyvrp.Location"]:
    return [model.add_location(number, 0) for number in range(len(problem.distances[0]))]


def _add_ways(
    problem: Problem,
    model: "pyvrp.Model",
    places: list["pyvrp.Location"],
    nowhere: "pyvrp.Location",
    profiles: list["pyvrp.Profile"],
    unit: int,
) -> None:
    for number, profile in enumerate(profiles):
        distances, durations = problem.distances[number], problem.durations[number]
        for here, start in enumerate(places):
            model.add_edge(start, nowhere, 0, 0, profile)  # a tour without an end ends with its last stop
            model.add_edge(nowhere, start, 0, 0, profile)
            for there, end in enumerate(places):
                if here != there:
                    model.add_edge(start, end, -(-distances[here][there] // unit), durations[here][there], profile)


def _begun(
    pyvrp: Any, data: "pyvrp.ProblemData", begun: Plan, vehicles: list[int], where: dict[int, int]
) -> "pyvrp.Solution | None":
    """Return the plan to begin with as PyVRP writes it; None if it must hold every request and does not."""
    activity, kinds = pyvrp.Activity, pyvrp.ActivityType
    routes = [
        pyvrp.Route(
            data,
            [
                activity(kinds.DELIVERY if stop.delivers else kinds.PICKUP, where[stop.request])
                for stop in tour.stops
            ],
            vehicles.index(tour.vehicle),
        )
        for tour in begun.tours
        if tour.vehicle in vehicles
    ]
    first = pyvrp.Solution(data, routes)
    return first if first.is_feasible() else None


class _Stop:
    """Stops PyVRP after its share of the effort, and tells how far it is."""

    def __init__(self, effort: Effort, share: float, started: float, told: Told) -> None:
        self._effort, self._share, self._started, self._told = effort, share, started, told
        self._began, self._done = time.process_time(), 0

    def __call__(self, best_cost: float) -> bool:
        self._done += 1
        if self._effort.iterations is not None:
            return self._done > self._effort.iterations * self._share
        assert self._effort.seconds is not None  # noqa: S101  one of the two is given
        now = time.process_time()
        if self._done % 500 == 0:
            self._told(min((now - self._started) / self._effort.seconds, 1.0))
        return now - self._began > self._effort.seconds * self._share
