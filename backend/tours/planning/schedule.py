"""The schedule of a vehicle that does its visits in a given order."""

from collections.abc import Sequence

from backend.tours.planning.problem import Problem, Stop, Tour, Vehicle, Visit

Order = Sequence[tuple[int, bool]]
"""Visits by the index of their request, and whether they deliver."""


def visit_of(problem: Problem, step: tuple[int, bool]) -> Visit:
    """Return the visit that a step of an order makes."""
    request = problem.requests[step[0]]
    return request.delivery if step[1] else request.pickup


def timed(problem: Problem, vehicle_index: int, order: Order) -> Tour | None:
    """Return the tour with its times, or None if the order cannot be driven in time.

    Everything begins as early as it may. A pickup of food that would ride too long then begins as late as it can
    without making another visit late, because waiting before it shortens the ride.
    """
    vehicle = problem.vehicles[vehicle_index]
    visits = [visit_of(problem, step) for step in order]
    begins = _earliest(problem, vehicle, visits)
    if begins is None:
        return None
    if any(problem.requests[index].longest_ride is not None for index, _ in order):
        begins = _rides_shortened(problem, vehicle, order, visits, begins)
        if begins is None:
            return None
    return _tour(problem, vehicle_index, order, visits, begins)


def _earliest(
    problem: Problem, vehicle: Vehicle, visits: Sequence[Visit], least: Sequence[int] | None = None
) -> list[int] | None:
    """Return when each visit begins at the earliest, not before `least`; None if one would be late."""
    durations = problem.durations[vehicle.profile]
    at, clock, begins = vehicle.starts, vehicle.begins, []
    for number, visit in enumerate(visits):
        clock = max(clock + durations[at][visit.place], visit.opens, least[number] if least else 0)
        if clock > visit.closes:
            return None
        begins.append(clock)
        clock += visit.service
        at = visit.place
    if vehicle.ends is not None:
        clock += durations[at][vehicle.ends]
    return begins if clock <= vehicle.finishes else None


def latest(problem: Problem, vehicle: Vehicle, visits: Sequence[Visit]) -> list[int]:
    """Return when each visit begins at the latest so that no later one is late."""
    durations = problem.durations[vehicle.profile]
    clock, at, found = vehicle.finishes, vehicle.ends, []
    for visit in reversed(visits):
        clock = min(visit.closes, clock - visit.service - (durations[visit.place][at] if at is not None else 0))
        found.append(clock)
        at = visit.place
    return found[::-1]


def _rides_shortened(
    problem: Problem, vehicle: Vehicle, order: Order, visits: Sequence[Visit], begins: list[int]
) -> list[int] | None:
    """Return when each visit begins so that nothing rides too long; None if that cannot be."""
    last = latest(problem, vehicle, visits)
    least = list(begins)
    where = {step: number for number, step in enumerate(order)}
    # A pickup that begins later may make later deliveries later, which may call for other pickups to begin later.
    for _ in range(len(order) + 1):
        changed = False
        for number, (index, delivers) in enumerate(order):
            limit = problem.requests[index].longest_ride
            if not delivers or limit is None or (index, False) not in where:
                continue
            pickup = where[index, False]
            needed = begins[number] - limit - visits[pickup].service
            if begins[pickup] < needed:
                if needed > last[pickup]:
                    return None
                least[pickup] = needed
                changed = True
        if not changed:
            return begins
        moved = _earliest(problem, vehicle, visits, least)
        if moved is None:
            return None
        begins = moved
    return None


def _tour(problem: Problem, vehicle_index: int, order: Order, visits: Sequence[Visit], begins: Sequence[int]) -> Tour:
    vehicle = problem.vehicles[vehicle_index]
    distances, durations = problem.distances[vehicle.profile], problem.durations[vehicle.profile]
    at, clock, metres, stops = vehicle.starts, vehicle.begins, 0, []
    for step, visit, begin in zip(order, visits, begins, strict=True):
        metres += distances[at][visit.place]
        clock += durations[at][visit.place]
        stops.append(Stop(step[0], step[1], clock, begin, begin + visit.service))
        clock, at = begin + visit.service, visit.place
    if vehicle.ends is not None and stops:
        metres += distances[at][vehicle.ends]
        clock += durations[at][vehicle.ends]
    return Tour(vehicle_index, tuple(stops), metres, clock)
