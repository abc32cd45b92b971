"""Plan by inserting one request after another where it costs least: urgent ones first, then by when windows close.

It serves where PyVRP is missing or fails, gives PyVRP a plan to begin with, and puts back what the repair of a plan
took out. A place in a tour is first looked up with the latest times at which its stops may begin; only the best are
driven through in full.
"""

from collections.abc import Callable, Iterable

from backend.tours.planning.problem import Plan, Problem, Reason, Tour
from backend.tours.planning.schedule import latest, timed, visit_of

MOST_URGENT = 2
Order = list[tuple[int, bool]]
Told = Callable[[int, int], None]
"""Called with how many requests were looked at, and how many there are."""


def greedy(problem: Problem, begun: dict[int, Order] | None = None, told: Told | None = None) -> Plan:
    """Return a plan of every request that fits.

    begun: orders of vehicles to go on from, such as those of another plan; by default what was promised to each. An
    order that cannot be driven raises ValueError.
    """
    orders = {number: list(vehicle.locked) for number, vehicle in enumerate(problem.vehicles)}
    orders |= {number: list(order) for number, order in (begun or {}).items()}
    tours: dict[int, Tour] = {}
    for number, order in orders.items():
        tour = timed(problem, number, order)
        if tour is None:
            raise ValueError(f"{problem.vehicles[number].id} cannot drive the tour that was begun")
        tours[number] = tour
    planned = {index for order in orders.values() for index, _ in order}
    missing = sorted(
        (index for index in range(len(problem.requests)) if index not in planned),
        key=lambda index: (
            -problem.requests[index].urgency,
            problem.requests[index].delivery.closes,
            problem.requests[index].pickup.closes,
            index,
        ),
    )
    unplanned: dict[int, Reason] = {}
    for looked_at, index in enumerate(missing):
        if told is not None:
            told(looked_at, len(missing))
        best = _best(problem, orders, tours, index)
        if best is None:
            unplanned[index] = why_not(problem, index)
        else:
            number, order, tour = best
            orders[number], tours[number] = order, tour
    return Plan(tuple(tour for _, tour in sorted(tours.items()) if tour.stops), unplanned)


def urgent_first(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with the most urgent requests that it left out, if less urgent ones can make room for them."""
    for index in sorted(plan.unplanned, key=lambda one: (problem.requests[one].delivery.closes, one)):
        if problem.requests[index].urgency < MOST_URGENT or index not in plan.unplanned:
            continue
        for number in range(len(problem.vehicles)):
            changed = _with_room_made(problem, plan, number, index)
            if changed is not None:
                plan = changed
                break
    return plan


def _with_room_made(problem: Problem, plan: Plan, number: int, urgent: int) -> Plan | None:
    """Return the plan with an urgent request in one vehicle's tour; None if no others can make room."""
    orders = {tour.vehicle: [(stop.request, stop.delivers) for stop in tour.stops] for tour in plan.tours}
    order = orders.get(number, list(problem.vehicles[number].locked))
    promised = {index for index, _ in problem.vehicles[number].locked}
    staying = [
        (index, delivers)
        for index, delivers in order
        if index in promised or problem.requests[index].urgency == MOST_URGENT
    ]
    tour = timed(problem, number, staying)
    if tour is None:
        return None
    best = _best(problem, {number: staying}, {number: tour}, urgent)
    if best is None:
        return None
    changed = greedy(problem, {**orders, number: best[1]})
    lost = [index for index in changed.unplanned if problem.requests[index].urgency == MOST_URGENT]
    before = [index for index in plan.unplanned if problem.requests[index].urgency == MOST_URGENT]
    return changed if len(lost) < len(before) else None


def drivable(problem: Problem, number: int, order: Order, first_out: set[int]) -> Order:
    """Return an order without what keeps its vehicle from driving it: `first_out` first, then the least urgent."""
    vehicle, order = problem.vehicles[number], list(order)
    while order and not _fits(problem, number, order):
        promised = {index for index, _ in vehicle.locked}
        inside = {index for index, _ in order if index not in promised}
        if not inside:
            return list(vehicle.locked)
        out = min(inside, key=lambda index: (index not in first_out, problem.requests[index].urgency, index))
        order = [step for step in order if step[0] != out]
    return order


def _fits(problem: Problem, number: int, order: Order) -> bool:
    return _driven(problem, number, order) is not None and all(
        part >= 0 for free in _free(problem, number, order) for part in free
    )


def why_not(problem: Problem, index: int) -> Reason:
    """Return why no tour has room for a request: it fits no vehicle, none can reach it, or others take the room."""
    request = problem.requests[index]
    fitting = [
        number
        for number, vehicle in enumerate(problem.vehicles)
        if all(part <= most for part, most in zip(request.load, vehicle.capacity, strict=True))
    ]
    if not fitting:
        return Reason.NO_VEHICLE_FITS
    alone: Order = [(index, False), (index, True)]
    if any(_driven(problem, number, alone) is not None for number in fitting):
        return Reason.NO_ROOM_LEFT
    return Reason.OUT_OF_REACH


def _driven(problem: Problem, number: int, order: Order) -> Tour | None:
    """Return the tour of an order, or None if it breaks the times or the vehicle's longest way."""
    tour = timed(problem, number, order)
    farthest = problem.vehicles[number].farthest
    return None if tour is None or (farthest is not None and tour.metres > farthest) else tour


def _best(
    problem: Problem, orders: dict[int, Order], tours: dict[int, Tour], index: int
) -> tuple[int, Order, Tour] | None:
    """Return the vehicle, the new order and its tour where a request costs the fewest metres more."""
    found: list[tuple[int, int, int, int]] = []
    for number in orders:
        found.extend(_places(problem, number, orders[number], index))
    found.sort()
    for _, number, first, second in found:
        order = orders[number]
        new = [*order[:first], (index, False), *order[first:second], (index, True), *order[second:]]
        if (tour := _driven(problem, number, new)) is not None:
            return number, new, tour
    return None


def _places(problem: Problem, number: int, order: Order, index: int) -> Iterable[tuple[int, int, int, int]]:
    """Yield where a request may go in a tour, as (metres more, vehicle, position of the pickup, of the delivery).

    What it yields fits and keeps the windows; how long food rides and how far the tour is are looked at later.
    """
    vehicle, request = problem.vehicles[number], problem.requests[index]
    distances, durations = problem.distances[vehicle.profile], problem.durations[vehicle.profile]
    if any(part > most for part, most in zip(request.load, vehicle.capacity, strict=True)):
        return
    visits = [visit_of(problem, step) for step in order]
    last = latest(problem, vehicle, visits)
    free = _free(problem, number, order)
    pickup, delivery = request.pickup, request.delivery
    cost = problem.vehicle_cost if not order else 0

    at, clock = vehicle.starts, vehicle.begins
    for first in range(len(order) + 1):
        if first > 0:  # after the stop before
            before = visits[first - 1]
            clock = max(clock + durations[at][before.place], before.opens) + before.service
            at = before.place
        if first < len(vehicle.locked):
            continue
        begin = max(clock + durations[at][pickup.place], pickup.opens)
        if begin > pickup.closes:
            return  # later in the tour it is later still
        if not _has_room(free[first], request.load):
            continue
        following = visits[first].place if first < len(order) else vehicle.ends
        more = distances[at][pickup.place]
        if following is not None:
            more += distances[pickup.place][following] - distances[at][following]
        # Drive on with the pickup done, and try the delivery before each stop behind it.
        here, now = pickup.place, begin + pickup.service
        for second in range(first, len(order) + 1):
            if second > first:
                step = visits[second - 1]
                now = max(now + durations[here][step.place], step.opens)
                if now > last[second - 1]:
                    break
                now += step.service
                here = step.place
                if not _has_room(free[second], request.load):
                    break
            handed = max(now + durations[here][delivery.place], delivery.opens)
            if handed > delivery.closes:
                break
            after = visits[second].place if second < len(order) else vehicle.ends
            extra = distances[here][delivery.place]
            if after is not None:
                gone_on = handed + delivery.service + durations[delivery.place][after]
                if gone_on > (last[second] if second < len(order) else vehicle.finishes):
                    continue
                extra += distances[delivery.place][after] - distances[here][after]
            elif handed + delivery.service > vehicle.finishes:
                continue
            if second == first:
                # The way from the pickup to the next stop is not driven: the delivery lies between.
                way = distances[at][pickup.place] + distances[pickup.place][delivery.place]
                if after is not None:
                    way += distances[delivery.place][after] - distances[at][after]
                yield way + cost, number, first, second
            else:
                yield more + extra + cost, number, first, second


def _free(problem: Problem, number: int, order: Order) -> list[tuple[int, ...]]:
    """Return what is free on the vehicle before each stop of a tour, and after the last one."""
    free = [problem.vehicles[number].capacity]
    for index, delivers in order:
        sign = 1 if delivers else -1
        load = problem.requests[index].load
        free.append(tuple(now + sign * part for now, part in zip(free[-1], load, strict=True)))
    return free


def _has_room(free: tuple[int, ...], load: tuple[int, ...]) -> bool:
    return all(part <= now for part, now in zip(load, free, strict=True))
