"""Tours: the greedy planner, the checker, the solver, and the process that it runs in."""

import math
import random
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from backend.tours.planning import planner
from backend.tours.planning.checker import violations
from backend.tours.planning.greedy import greedy, urgent_first
from backend.tours.planning.planner import PLAN, WORK, Because, PlanRefused, Work, plan_tours
from backend.tours.planning.problem import Plan, Problem, Reason, Request, Stop, Tour, Vehicle, Visit
from backend.tours.planning.schedule import timed
from backend.tours.planning.solver import Effort, SolverMissing, improved
from scripts.benchmarks.evening import AT_SEVEN, evening, in_the_middle

HOUR = 3600
QUICK = Effort(seconds=None, iterations=300, seed=1)


def on_a_line(
    requests: Sequence[Request], vehicles: Sequence[Vehicle], metres: int = 1000, seconds: int = 100
) -> Problem:
    """Return a problem of places on a line, `metres` and `seconds` apart."""
    count = 1 + max(max(one.pickup.place, one.delivery.place) for one in requests)
    distances = [[metres * abs(here - there) for there in range(count)] for here in range(count)]
    durations = [[seconds * abs(here - there) for there in range(count)] for here in range(count)]
    return Problem(tuple(requests), tuple(vehicles), (distances,), (durations,))


def a_request(
    name: str, start: int, end: int, load: int = 1, ride: int | None = None, urgency: int = 0, closes: int = 5 * HOUR
) -> Request:
    return Request(name, Visit(start, 0, closes, 60), Visit(end, 0, 5 * HOUR, 60), (load,), ride, urgency)


def a_vehicle(
    name: str = "bike", capacity: int = 10, farthest: int | None = None, locked: tuple[tuple[int, bool], ...] = ()
) -> Vehicle:
    return Vehicle(name, (capacity,), 0, 0, 0, 5 * HOUR, farthest, 0, locked)


def random_problem(seed: int) -> Problem:
    chance = random.Random(seed)  # noqa: S311  the same each time, no secret
    places = [(chance.random() * 5000, chance.random() * 5000) for _ in range(21)]
    distances = [[math.ceil(math.dist(here, there)) for there in places] for here in places]
    requests = [
        Request(
            f"request {number}",
            Visit(1 + number, opens := chance.randrange(2 * HOUR), opens + HOUR, 120),
            Visit(11 + number, 0, 5 * HOUR, 60),
            (chance.randrange(1, 6),),
            chance.choice([None, 1500]),
            chance.randrange(3),
        )
        for number in range(10)
    ]
    vehicles = (a_vehicle("one", 8), a_vehicle("two", 5, 20_000))
    return Problem(tuple(requests), vehicles, (distances,), ([[metres // 4 for metres in row] for row in distances],))


@pytest.mark.parametrize("seed", range(30))
def test_the_greedy_plan_keeps_every_rule(seed: int) -> None:
    problem = random_problem(seed)

    plan = greedy(problem)

    assert violations(problem, plan) == []
    assert plan.served() + len(plan.unplanned) == len(problem.requests)


def test_a_request_that_fits_no_vehicle_is_unplanned_with_its_reason() -> None:
    problem = on_a_line(
        [a_request("too heavy", 1, 2, 11), a_request("too late", 9, 1, closes=800), a_request("fine", 1, 2)],
        [a_vehicle()],
    )

    plan = greedy(problem)

    assert plan.unplanned == {0: Reason.NO_VEHICLE_FITS, 1: Reason.OUT_OF_REACH}


def test_the_urgent_one_goes_first_when_one_has_room() -> None:
    problem = on_a_line(
        [a_request("can wait", 1, 5, 10, closes=200), a_request("urgent", 2, 4, 10, urgency=2, closes=200)],
        [a_vehicle()],
    )

    plan = greedy(problem)

    assert plan.unplanned == {0: Reason.NO_ROOM_LEFT}


def test_an_urgent_one_that_was_left_out_takes_the_room_of_others() -> None:
    problem = on_a_line(
        [a_request("can wait", 1, 5, 10, closes=200), a_request("urgent", 2, 4, 10, urgency=2, closes=200)],
        [a_vehicle()],
    )
    tour = timed(problem, 0, [(0, False), (0, True)])
    assert tour is not None

    plan = urgent_first(problem, Plan((tour,), {1: Reason.NO_ROOM_LEFT}))

    assert list(plan.unplanned) == [0]
    assert violations(problem, plan) == []


def test_a_pickup_waits_so_that_chilled_food_does_not_ride_too_long() -> None:
    chilled = Request("chilled", Visit(1, 0, 2 * HOUR, 60), Visit(2, HOUR, 5 * HOUR, 60), (1,), 600)
    problem = on_a_line([chilled], [a_vehicle()])

    plan = greedy(problem)

    assert plan.served() == 1
    pickup, delivery = plan.tours[0].stops
    assert delivery.begins - pickup.leaves <= 600
    assert violations(problem, plan) == []


def test_promised_stops_stay_at_the_start_of_their_tour() -> None:
    locked = ((1, False), (1, True))
    problem = on_a_line([a_request("near", 1, 2), a_request("far", 8, 9)], [a_vehicle(locked=locked)])

    plan = greedy(problem)

    assert tuple((stop.request, stop.delivers) for stop in plan.tours[0].stops[:2]) == locked
    assert violations(problem, plan) == []


def good_plan() -> tuple[Problem, Plan]:
    problem = on_a_line(
        [a_request("first", 1, 3, 6, ride=HOUR), a_request("second", 2, 4, 4)], [a_vehicle(farthest=10_000)]
    )
    plan = greedy(problem)
    assert violations(problem, plan) == []
    assert plan.served() == 2
    return problem, plan


def stops_of(plan: Plan) -> tuple[Stop, ...]:
    return plan.tours[0].stops


def with_stops(plan: Plan, stops: Sequence[Stop]) -> Plan:
    return replace(plan, tours=(replace(plan.tours[0], stops=tuple(stops)), *plan.tours[1:]))


def test_the_checker_finds_a_delivery_before_its_pickup() -> None:
    problem, plan = good_plan()

    wrong = violations(problem, with_stops(plan, stops_of(plan)[::-1]))

    assert any("without having been picked up" in said for said in wrong)


def test_the_checker_finds_food_that_is_never_delivered() -> None:
    problem, plan = good_plan()

    wrong = violations(problem, with_stops(plan, stops_of(plan)[:-1]))

    assert any("is not delivered" in said for said in wrong)


def test_the_checker_finds_a_time_that_cannot_be() -> None:
    problem, plan = good_plan()
    first, *others = stops_of(plan)

    wrong = violations(problem, with_stops(plan, [replace(first, begins=first.begins - 50), *others]))

    assert any("before it can" in said for said in wrong)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda one: replace(one, vehicles=(replace(one.vehicles[0], capacity=(9,)),)), "does not fit"),
        (lambda one: replace(one, vehicles=(replace(one.vehicles[0], farthest=7_999),)), "too long"),
        (lambda one: replace(one, vehicles=(replace(one.vehicles[0], finishes=500),)), "after the shift"),
        (lambda one: replace(one, vehicles=(replace(one.vehicles[0], locked=((1, False),)),)), "promised has changed"),
        (
            lambda one: replace(one, requests=(replace(one.requests[0], longest_ride=10), one.requests[1])),
            "rides too long",
        ),
        (
            lambda one: replace(one, requests=(replace(one.requests[0], pickup=Visit(1, 0, 50, 60)), one.requests[1])),
            "after its window",
        ),
        (lambda one: replace(one, requests=(*one.requests, a_request("third", 1, 2))), "is forgotten"),
        (lambda one: replace(one, vehicles=(*one.vehicles, a_vehicle("van", locked=((0, False),)))), "lost what"),
    ],
)
def test_the_checker_finds_each_rule_that_a_plan_breaks(broken: "object", said: str) -> None:
    problem, plan = good_plan()
    assert callable(broken)

    wrong = violations(broken(problem), plan)

    assert any(said in one for one in wrong), wrong


def test_the_checker_finds_what_is_planned_twice() -> None:
    problem, plan = good_plan()
    two = replace(problem, vehicles=(*problem.vehicles, a_vehicle("van")))

    wrong = violations(two, replace(plan, tours=(*plan.tours, replace(plan.tours[0], vehicle=1))))

    assert "first is in two tours" in wrong


def test_the_checker_finds_a_length_that_is_not_so() -> None:
    problem, plan = good_plan()

    wrong = violations(problem, replace(plan, tours=(replace(plan.tours[0], metres=1),)))

    assert any("not what its stops come to" in said for said in wrong)


def test_the_solver_serves_more_and_leaves_no_urgent_one_out() -> None:
    problem = evening(60, 6)
    first = greedy(problem)

    plan = improved(problem, first, QUICK)

    assert violations(problem, plan) == []
    assert plan.served() > first.served()
    assert all(problem.requests[index].urgency < 2 for index in plan.unplanned)


def test_the_solver_gives_the_same_plan_for_the_same_seed() -> None:
    problem = evening(30, 4)
    first = greedy(problem)

    assert improved(problem, first, QUICK) == improved(problem, first, QUICK)


def test_the_solver_leaves_tours_with_promises_alone() -> None:
    problem = evening(40, 5)
    later = in_the_middle(problem, greedy(problem), AT_SEVEN)
    first = greedy(later)

    plan = improved(later, first, QUICK)

    assert violations(later, plan) == []
    assert any(vehicle.locked for vehicle in later.vehicles)


def test_work_and_plans_survive_the_pipe_between_processes() -> None:
    problem = evening(10, 2)
    work = Work(problem, greedy(problem), QUICK)

    assert WORK.validate_json(WORK.dump_json(work)) == work
    assert PLAN.validate_json(PLAN.dump_json(work.first)) == work.first


async def test_the_process_of_the_solver_returns_a_checked_plan() -> None:
    problem = evening(30, 4)
    told: list[float] = []

    planned = await plan_tours(problem, QUICK, told.append)

    assert planned.because in (None, Because.NO_BETTER)
    assert violations(problem, planned.plan) == []
    assert told[0] == 0.0
    assert told[-1] == 1.0


def a_process(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", code


@pytest.mark.parametrize(
    ("code", "because"),
    [
        ("print('missing ')", Because.MISSING),
        ("import os; os.kill(os.getpid(), 9)", Because.FAILED),
        ("import sys; sys.stdin.read(); print('progress 0.1', flush=True); raise SystemExit(1)", Because.FAILED),
        ("print('done {}')", Because.FAILED),
        ("print('progress much')", Because.FAILED),
        ('print(\'done {"tours": [], "unplanned": {}, "planner": "pyvrp"}\')', Because.WRONG),
        ("import time; time.sleep(60)", Because.TOO_SLOW),
    ],
)
async def test_the_greedy_plan_stands_where_the_solver_fails(
    code: str, because: Because, monkeypatch: pytest.MonkeyPatch
) -> None:
    if because is Because.TOO_SLOW:
        monkeypatch.setattr(planner, "SPARE_SECONDS", 0.3)
    problem = evening(10, 2)

    planned = await plan_tours(problem, QUICK, solver=a_process(code))

    assert planned.because is because
    assert planned.plan == greedy(problem)


@pytest.mark.parametrize("end", ["time.sleep(60)", "os.kill(os.getpid(), 9)"], ids=["too slow", "killed"])
async def test_the_best_plan_so_far_is_kept_when_the_solver_does_not_end(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "SPARE_SECONDS", 1.0)
    problem = evening(60, 6)
    found = improved(problem, greedy(problem), QUICK)
    line = f"found {PLAN.dump_json(found).decode()}"

    planned = await plan_tours(problem, QUICK, solver=a_process(f"import os, time; print({line!r}, flush=True); {end}"))

    assert planned.because is None
    assert planned.plan == found


async def test_a_solver_that_does_not_exist_leaves_the_greedy_plan() -> None:
    problem = evening(10, 2)

    planned = await plan_tours(problem, QUICK, solver=("/nonexistent/solver",))

    assert planned.because is Because.FAILED


def test_the_solver_says_so_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = evening(10, 2)
    monkeypatch.setitem(sys.modules, "pyvrp", None)

    with pytest.raises(SolverMissing):
        improved(problem, greedy(problem), QUICK)


async def test_promises_that_cannot_be_kept_are_refused() -> None:
    problem = on_a_line([a_request("late", 1, 2, closes=10)], [a_vehicle(locked=((0, False), (0, True)))])

    with pytest.raises(PlanRefused):
        await plan_tours(problem, QUICK)


def test_a_tour_without_stops_breaks_no_rule() -> None:
    problem = on_a_line([a_request("too heavy", 1, 2, 11)], [a_vehicle()])

    assert violations(problem, Plan((Tour(0, (), 0, 0),), {0: Reason.NO_VEHICLE_FITS})) == []
