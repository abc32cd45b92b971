"""An evening of collections in a town the size of Strasbourg, and the same evening in the middle of it."""

import math
import random
from dataclasses import replace

from backend.tours.planning.problem import Plan, Problem, Request, Vehicle, Visit

HOUR = 3600
AT_SEVEN = 19 * HOUR
ASSOCIATIONS = 8
SPREAD = 2500  # metres: places lie around the centre in a normal distribution
ROAD_FACTOR = 1.3
LONGEST_RIDE = HOUR  # of chilled food


def evening(requests: int, vehicles: int, seed: int = 1) -> Problem:
    """Return a problem of shops that close between 18 and 21 o'clock, three of five vehicles being cargo bikes.

    Loads are in kg, crates and cold crates; four of ten requests are chilled, a third must not wait.
    """
    chance = random.Random(seed)  # noqa: S311  the same evening each time, no secret
    places = [(0.0, 0.0)]
    places += [(chance.gauss(0, SPREAD), chance.gauss(0, SPREAD)) for _ in range(requests + ASSOCIATIONS)]
    distances = [[math.ceil(ROAD_FACTOR * math.dist(here, there)) for there in places] for here in places]
    return Problem(
        tuple(_request(chance, number, requests) for number in range(requests)),
        tuple(_vehicle(number) for number in range(vehicles)),
        (distances, distances),
        (_durations(distances, 15, 60), _durations(distances, 25, 60)),
    )


def _durations(distances: list[list[int]], kmh: int, parking: int) -> list[list[int]]:
    return [
        [0 if here == there else math.ceil(metres * 3.6 / kmh) + parking for there, metres in enumerate(row)]
        for here, row in enumerate(distances)
    ]


def _request(chance: random.Random, number: int, shops: int) -> Request:
    opens = 17 * HOUR + chance.choice([0, 1800, 3600, 5400, 7200])
    chilled = chance.random() < 0.4
    kilograms = chance.choice([5, 8, 10, 15, 20, 30])
    crates = math.ceil(kilograms / 8)
    return Request(
        f"request {number + 1}",
        Visit(1 + number, opens, opens + chance.choice([3600, 5400, 7200]), 300),
        Visit(1 + shops + chance.randrange(ASSOCIATIONS), 17 * HOUR, 22 * HOUR, 180),
        (kilograms, crates, crates if chilled else 0),
        LONGEST_RIDE if chilled else None,
        chance.choice([0, 1, 2]),
    )


def _vehicle(number: int) -> Vehicle:
    if number % 5 < 3:
        return Vehicle(f"bike {number + 1}", (80, 10, 4), 0, 0, 17 * HOUR, 22 * HOUR, 35_000, 0)
    return Vehicle(f"van {number + 1}", (400, 50, 20), 0, 0, 17 * HOUR, 22 * HOUR, None, 1)


def in_the_middle(problem: Problem, plan: Plan, now: int) -> Problem:
    """Return the problem at a time of the evening: what was done and what is on board stays, the rest is free.

    The last four requests that nobody has begun are withdrawn, by windows that have closed.
    """
    locked: dict[int, tuple[tuple[int, bool], ...]] = {}
    begun: set[int] = set()
    for tour in plan.tours:
        done = [stop for stop in tour.stops if stop.begins <= now]
        aboard = {stop.request for stop in done}
        kept = [(stop.request, stop.delivers) for stop in tour.stops if stop.request in aboard]
        locked[tour.vehicle] = tuple(kept)
        begun |= aboard
    withdrawn = set([index for index in range(len(problem.requests)) if index not in begun][-4:])
    requests = []
    for index, request in enumerate(problem.requests):
        if index in begun:
            requests.append(request)
            continue
        pickup = replace(request.pickup, opens=max(request.pickup.opens, now))
        closes = now - 1 if index in withdrawn else request.pickup.closes
        requests.append(replace(request, pickup=replace(pickup, closes=closes)))
    vehicles = tuple(replace(one, locked=locked.get(number, ())) for number, one in enumerate(problem.vehicles))
    return replace(problem, requests=tuple(requests), vehicles=vehicles)
