"""Improve a plan with PyVRP, and repair what its model cannot say: how long chilled food may ride.

PyVRP knows no limit for the ride of a shipment (its issue 1097) and may return an answer that is not feasible. So each
answer is driven through again: what rides too long is taken out and goes back to the greedy planner, urgent requests
first. In the next round it gets narrower windows, between which no ride is too long (an anchor).
"""

import math
import time
import warnings
from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from backend.tours.planning.greedy import MOST_URGENT, Order, drivable, greedy, urgent_first
from backend.tours.planning.problem import Plan, Problem, Vehicle
from backend.tours.planning.schedule import timed

if TYPE_CHECKING:
    import pyvrp
    from pyvrp.stop import StoppingCriterion

LARGEST_COST = 90_000  # of what is worth most: beyond PyVRP's largest penalty (100 000), breaking a rule would pay
PRIZE_BY_URGENCY = (0.2, 0.6, 1.0)  # 1 : 3 : 5
NO_LIMIT = 2**63 - 1
LONGEST_WAY = 10_000  # of what PyVRP sees where it must plan everything: far more, and its penalties weigh too little
URGENT_ROUNDS = (0.15, 0.1, 0.1)  # of the effort, for the most urgent alone if the greedy planner missed any
ROUNDS = (0.5, 0.2, 1.0)  # of the effort, with chilled food: one round and its repairs; the last takes what is left
FIRST_LOOK = 0.1  # of the effort, to find how many vehicles an easy plan needs
FEWER_VEHICLES = (0.15, 0.15)  # of the effort, for each try with one vehicle less
NO_PLAN = 2**62  # what PyVRP says that a plan that breaks a rule costs, or more

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


def improved(
    problem: Problem,
    begun: Plan,
    effort: Effort,
    told: Told = lambda _: None,
    found: Callable[[Plan], None] = lambda _: None,
) -> Plan:
    """Return a plan at least as good as the one to begin with.

    Vehicles that were promised something keep the tour that they have. found: called with each better plan on the way,
    in case that there is no time for the last one. Raises SolverMissing.
    """
    try:
        import pyvrp  # noqa: F401  an optional dependency, slow to import
    except ImportError as missing:
        raise SolverMissing from missing
    clock = Clock(effort, told, lambda plan: found(replace(plan, planner="pyvrp")))
    if problem.all_required and problem.vehicle_cost:
        best = _with_fewest_vehicles(problem, begun, clock)
    else:
        best = _with_most_served(problem, begun, clock)
    return replace(best, planner="pyvrp")


def _with_most_served(problem: Problem, begun: Plan, clock: "Clock") -> Plan:
    """Return the best plan found where not everything has room: first the most urgent alone, then all."""
    best = begun
    kept = {number: order for number, order in orders_of(begun).items() if problem.vehicles[number].locked}
    vehicles = [number for number in range(len(problem.vehicles)) if number not in kept]
    urgent = frozenset(index for index, one in enumerate(problem.requests) if one.urgency == MOST_URGENT)
    limited = any(one.longest_ride is not None for one in problem.requests)
    rounds: list[tuple[frozenset[int] | None, float]] = [
        (urgent, share) for share in (URGENT_ROUNDS if urgent & best.unplanned.keys() else ())
    ]
    rounds += [(None, share) for share in (ROUNDS if limited else (1.0,))]
    anchors: dict[int, int] = {}
    for only, share in rounds:
        if only is not None and not only & best.unplanned.keys():
            continue
        anchors |= _anchors(problem, best, urgent | anchors.keys())
        answer = _solved(problem, _Asked(kept, vehicles, best, anchors, only), clock, share)
        found, late = _driven(problem, {**kept, **(answer or {})})
        found = urgent_first(problem, found)
        if better(problem, found, best):
            best = found
            clock.found(best)
        anchors |= late
        if only is None and not late:
            break
    return best


def _anchors(problem: Problem, plan: Plan, which: Set[int]) -> dict[int, int]:
    """Return when a plan picks up each of these requests whose ride is limited."""
    return {
        stop.request: stop.begins
        for tour in plan.tours
        for stop in tour.stops
        if not stop.delivers and stop.request in which and problem.requests[stop.request].longest_ride is not None
    }


def _with_fewest_vehicles(problem: Problem, begun: Plan, clock: "Clock") -> Plan:
    """Return the best plan found where everything must have room: fewer vehicles first, then fewer metres.

    PyVRP seldom empties a tour that is half full, because every plan on the way there costs more. So it is asked for a
    plan with one vehicle less, from anew, until it finds none; what time is left goes into the metres.
    """
    best = begun
    vehicles = [number for number, vehicle in enumerate(problem.vehicles) if not vehicle.locked]
    kept = {number: order for number, order in orders_of(begun).items() if problem.vehicles[number].locked}

    def tried(number: int, start: Plan | None, share: float, *, first_will_do: bool) -> bool:
        nonlocal best
        answer = _solved(problem, _Asked(kept, vehicles[:number], start), clock, share, first_will_do=first_will_do)
        if answer is None:
            return False
        found, _ = _driven(problem, {**kept, **answer})
        if not better(problem, found, best):
            return False
        best = found
        clock.found(best)
        return True

    tried(len(vehicles), begun if not begun.unplanned else None, FIRST_LOOK, first_will_do=False)
    for share in FEWER_VEHICLES:
        free = len(best.tours) - len(kept)
        while free > 1 and not best.unplanned and tried(free - 1, None, share, first_will_do=True):
            free = len(best.tours) - len(kept)
    used = [tour.vehicle for tour in best.tours if tour.vehicle not in kept]
    vehicles = used or vehicles
    tried(len(vehicles), best if not best.unplanned else None, 1.0, first_will_do=False)
    return best


def orders_of(plan: Plan) -> dict[int, Order]:
    """Return the order of each vehicle's visits in a plan."""
    return {tour.vehicle: [(stop.request, stop.delivers) for stop in tour.stops] for tour in plan.tours}


def better(problem: Problem, one: Plan, other: Plan) -> bool:
    """Return whether a plan is better: urgent ones first, then more requests, then less cost."""
    return _worth(problem, one) < _worth(problem, other)


def _worth(problem: Problem, plan: Plan) -> tuple[int, int, int]:
    missing = [problem.requests[index].urgency for index in plan.unplanned]
    cost = plan.metres() + problem.vehicle_cost * len(plan.tours)
    return (sum(urgency == MOST_URGENT for urgency in missing), len(missing), cost)


def _driven(problem: Problem, orders: dict[int, Order]) -> tuple[Plan, dict[int, int]]:
    """Return the plan of these orders in which every rule is kept, and the requests that rode too long.

    What breaks a rule is taken out, the least urgent last, and put back where it fits. Requests that rode too long come
    with when their pickup should begin.
    """
    late: dict[int, int] = {}
    kept: dict[int, Order] = {}
    for number, order in orders.items():
        relaxed = timed(_without_rides(problem), number, order)
        if relaxed is not None:
            left = {stop.request: stop.leaves for stop in relaxed.stops if not stop.delivers}
            for stop in relaxed.stops:
                request = problem.requests[stop.request]
                limit = request.longest_ride
                if stop.delivers and limit is not None and stop.begins - left.get(stop.request, stop.begins) > limit:
                    late[stop.request] = min(stop.begins - limit - request.pickup.service, request.pickup.closes)
        kept[number] = drivable(problem, number, order, set(late))
    return greedy(problem, kept), {index: opens for index, opens in late.items() if _still_late(problem, kept, index)}


def _still_late(problem: Problem, kept: dict[int, Order], index: int) -> bool:
    return all((index, True) not in order for order in kept.values())


def _without_rides(problem: Problem) -> Problem:
    return replace(problem, requests=tuple(replace(one, longest_ride=None) for one in problem.requests))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question to PyVRP.

    kept: tours that stay. vehicles: those that may drive. begun: the plan to begin with. anchors: by request, when its
    pickup begins at the earliest; it must then be delivered by when it would ride too long from there. only: the
    requests that may be planned; None for all.
    """

    kept: dict[int, Order]
    vehicles: list[int]
    begun: Plan | None
    anchors: dict[int, int] = field(default_factory=dict)
    only: frozenset[int] | None = None


def _solved(
    problem: Problem, asked: _Asked, clock: "Clock", share: float, *, first_will_do: bool = False
) -> dict[int, Order] | None:
    """Return the orders that PyVRP finds; None if every plan that it found breaks a rule of its model."""
    import pyvrp

    vehicles = asked.vehicles
    taken = {index for order in asked.kept.values() for index, _ in order}
    requests = [
        index
        for index in range(len(problem.requests))
        if index not in taken and (asked.only is None or index in asked.only)
    ]
    if not vehicles or not requests:
        return {}
    unit = _unit(problem)
    model = pyvrp.Model()
    places = _add_places(problem, model)
    nowhere = model.add_location(0, 0)
    profiles = [model.add_profile() for _ in problem.distances]
    _add_ways(problem, model, places, nowhere, profiles, unit)
    _add_vehicles(problem, model, vehicles, places, nowhere, profiles, unit)
    safe = _served_urgent(problem, asked)
    for index in requests:
        request = problem.requests[index]
        model.add_shipment(
            places[request.pickup.place],
            places[request.delivery.place],
            pickup_tw_early=max(request.pickup.opens, asked.anchors.get(index, 0)),
            pickup_tw_late=request.pickup.closes,
            pickup_service_duration=request.pickup.service,
            delivery_tw_early=request.delivery.opens,
            delivery_tw_late=_latest_delivery(problem, index, asked.anchors),
            delivery_service_duration=request.delivery.service,
            amount=list(request.load),
            prize=0 if problem.all_required else round(LARGEST_COST * PRIZE_BY_URGENCY[request.urgency]),
            required=problem.all_required or index in safe,
        )
    data = model.data()
    where = {index: number for number, index in enumerate(requests)}
    first = _begun(pyvrp, data, asked.begun, vehicles, where) if asked.begun is not None else None
    stop = clock.stop(share, first_will_do=first_will_do)
    with warnings.catch_warnings():  # of penalties that reach their limit: what then breaks a rule is not taken
        warnings.simplefilter("ignore")
        result = model.solve(stop, seed=clock.effort.seed, collect_stats=False, display=False, initial_solution=first)
    found = result.best
    if not found.is_feasible():
        return None
    answer: dict[int, Order] = {}
    for route in found.routes():
        steps = [step for step in route.schedule() if step.is_pickup() or step.is_delivery()]
        answer[vehicles[route.vehicle_type()]] = [(requests[step.idx], step.is_delivery()) for step in steps]
    return answer


def _add_vehicles(
    problem: Problem,
    model: "pyvrp.Model",
    vehicles: list[int],
    places: list["pyvrp.Location"],
    nowhere: "pyvrp.Location",
    profiles: list["pyvrp.Profile"],
    unit: int,
) -> None:
    used = {place for number in vehicles for place in _begin_and_end(problem.vehicles[number]) if place is not None}
    depots = {place: model.add_depot(places[place]) for place in sorted(used)}
    anywhere = model.add_depot(nowhere)
    for number in vehicles:
        vehicle = problem.vehicles[number]
        model.add_vehicle_type(
            1,
            capacity=list(vehicle.capacity),
            start_depot=depots[vehicle.starts],
            end_depot=depots[vehicle.ends] if vehicle.ends is not None else anywhere,
            fixed_cost=min(problem.vehicle_cost, 2 * _longest(problem)) // unit,
            tw_early=vehicle.begins,
            tw_late=vehicle.finishes,
            max_distance=vehicle.farthest // unit if vehicle.farthest is not None else NO_LIMIT,
            profile=profiles[vehicle.profile],
        )


def _served_urgent(problem: Problem, asked: _Asked) -> set[int]:
    """Return the most urgent requests of the plan to begin with: they must stay."""
    if asked.begun is None:
        return set()
    served = {stop.request for tour in asked.begun.tours for stop in tour.stops}
    return {index for index in served if problem.requests[index].urgency == MOST_URGENT}


def _latest_delivery(problem: Problem, index: int, anchors: dict[int, int]) -> int:
    request = problem.requests[index]
    if index not in anchors or request.longest_ride is None:
        return request.delivery.closes
    return min(request.delivery.closes, anchors[index] + request.pickup.service + request.longest_ride)


def _begin_and_end(vehicle: Vehicle) -> tuple[int, int | None]:
    return vehicle.starts, vehicle.ends


def _unit(problem: Problem) -> int:
    """Return how many metres PyVRP counts as one, so that no detour costs as much as the least prize."""
    longest = _longest(problem)
    if problem.all_required:
        return max(1, longest // LONGEST_WAY)
    return max(1, math.ceil(2 * longest / (LARGEST_COST * PRIZE_BY_URGENCY[0])))


def _longest(problem: Problem) -> int:
    return max(max(map(max, matrix), default=1) for matrix in problem.distances)


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
                if stop.request in where
            ],
            vehicles.index(tour.vehicle),
        )
        for tour in begun.tours
        if tour.vehicle in vehicles
    ]
    first = pyvrp.Solution(data, routes)
    return first if first.is_feasible() else None


class Clock:
    """Shares an effort out among the runs of PyVRP, and tells how far they are and what they found."""

    def __init__(self, effort: Effort, told: Told, found: Callable[[Plan], None]) -> None:
        self.effort, self.told, self.found, self.began, self.done = effort, told, found, time.process_time(), 0

    def stop(self, share: float, *, first_will_do: bool = False) -> "StoppingCriterion":
        """Return what PyVRP asks after each iteration, with the cost of its best plan.

        share: of the whole effort; never more than what is left. first_will_do: whether the first plan that breaks no
        rule is enough.
        """
        seconds, iterations = self.effort.seconds, self.effort.iterations
        if iterations is not None:
            last = min(iterations, self.done + math.ceil(iterations * share))
        else:
            assert seconds is not None  # noqa: S101  one of the two is given
            ends = self.began + min(seconds, time.process_time() - self.began + seconds * share)

        def stop(best_cost: int) -> bool:
            self.done += 1
            if first_will_do and best_cost < NO_PLAN:
                return True
            if iterations is not None:
                return self.done > last
            now = time.process_time()
            if self.done % 500 == 0:
                self.told(min((now - self.began) / (seconds or 1.0), 1.0))
            return now > ends

        return stop
