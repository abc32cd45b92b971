"""Check a plan against every rule, from the problem alone. Nobody sees a plan that did not pass.

It shares no code with the planners but the problem itself: what it finds, it computes anew.
"""

from backend.tours.planning.problem import Plan, Problem, Tour


def violations(problem: Problem, plan: Plan) -> list[str]:
    """Return what is wrong with a plan, in words; nothing if it keeps every rule."""
    wrong: list[str] = []
    driven: set[int] = set()
    served: dict[int, int] = {}
    for tour in plan.tours:
        name = problem.vehicles[tour.vehicle].id
        if tour.vehicle in driven:
            wrong.append(f"{name} drives two tours")
        driven.add(tour.vehicle)
        wrong += [f"{name}: {said}" for said in _of_tour(problem, tour)]
        for index in {stop.request for stop in tour.stops}:
            if index in served:
                wrong.append(f"{problem.requests[index].id} is in two tours")
            served[index] = tour.vehicle
    for number, vehicle in enumerate(problem.vehicles):
        if vehicle.locked and number not in driven:
            wrong.append(f"{vehicle.id} lost what was promised to it")
    for index, request in enumerate(problem.requests):
        if index in plan.unplanned and index in served:
            wrong.append(f"{request.id} is planned and unplanned")
        elif index not in plan.unplanned and index not in served:
            wrong.append(f"{request.id} is forgotten")
        elif index in plan.unplanned and problem.all_required:
            wrong.append(f"{request.id} must be planned")
    return wrong


def _of_tour(problem: Problem, tour: Tour) -> list[str]:
    vehicle = problem.vehicles[tour.vehicle]
    distances, durations = problem.distances[vehicle.profile], problem.durations[vehicle.profile]
    wrong: list[str] = []
    at, clock, metres = vehicle.starts, vehicle.begins, 0
    load = [0] * len(vehicle.capacity)
    taken: dict[int, int] = {}
    done: set[int] = set()
    for stop in tour.stops:
        request = problem.requests[stop.request]
        visit = request.delivery if stop.delivers else request.pickup
        clock += durations[at][visit.place]
        metres += distances[at][visit.place]
        at = visit.place
        if stop.begins < clock or stop.begins < visit.opens:
            wrong.append(f"{request.id} begins before it can")
        if stop.begins > visit.closes:
            wrong.append(f"{request.id} begins after its window")
        clock = max(clock, stop.begins) + visit.service
        if stop.leaves != clock:
            wrong.append(f"{request.id} leaves at another time than its service ends")
        if not stop.delivers:
            if stop.request in taken:
                wrong.append(f"{request.id} is picked up twice")
            taken[stop.request] = clock
            load = [now + more for now, more in zip(load, request.load, strict=True)]
            if any(now > most for now, most in zip(load, vehicle.capacity, strict=True)):
                wrong.append(f"{request.id} does not fit")
            continue
        if stop.request not in taken or stop.request in done:
            wrong.append(f"{request.id} is delivered without having been picked up")
            continue
        done.add(stop.request)
        load = [now - less for now, less in zip(load, request.load, strict=True)]
        if request.longest_ride is not None and stop.begins - taken[stop.request] > request.longest_ride:
            wrong.append(f"{request.id} rides too long")
    for left in set(taken) - done:
        wrong.append(f"{problem.requests[left].id} is not delivered")
    if vehicle.ends is not None and tour.stops:
        clock += durations[at][vehicle.ends]
        metres += distances[at][vehicle.ends]
    if clock > vehicle.finishes:
        wrong.append("the tour ends after the shift")
    if clock != tour.ends or metres != tour.metres:
        wrong.append("the tour's time or length is not what its stops come to")
    if vehicle.farthest is not None and metres > vehicle.farthest:
        wrong.append("the tour is too long")
    if tuple((stop.request, stop.delivers) for stop in tour.stops[: len(vehicle.locked)]) != vehicle.locked:
        wrong.append("what was promised has changed")
    return wrong
