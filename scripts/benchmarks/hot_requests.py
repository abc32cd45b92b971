"""Measure the hot requests over HTTP against pgbench running the same statement and against the ORM baseline."""

from functools import partial
from typing import Any

from scripts.benchmarks import http_load, pgbench
from scripts.benchmarks.figures import Figure, Rounds, interleaved, median, ratio
from scripts.benchmarks.ground import CLIENTS, Ground, Program
from scripts.benchmarks.http_load import Outcome, Request
from scripts.benchmarks.world import EAST, MARGIN, NORTH, SOUTH, WEST

# pgbench draws whole numbers: here millionths of degrees, slightly inside the square.
SQUARE = {
    name: round(degrees * 1e6)
    for name, degrees in (
        ("south", SOUTH + MARGIN),
        ("north", NORTH - MARGIN),
        ("west", WEST + MARGIN),
        ("east", EAST - MARGIN),
    )
}


def reserve(ground: Ground) -> list[Figure]:
    """Reserve among many free lots: throughput against pgbench and the ORM, and how much slower p99 is than p50."""
    amounts = ground.amounts
    requests = http_load.reservations(ground.tokens, amounts.accounts, amounts.lots)
    measured, ours = _compared(
        ground, requests, 201, pgbench.RESERVE, {"accounts": amounts.accounts, "lots": amounts.lots}
    )
    spread = _spread(ours)
    return [
        _against_pgbench("POST …/reservations ÷ pgbench", 0.40, measured),
        _against_orm("POST …/reservations ÷ the same with an ORM session", measured),
        Figure(
            "POST …/reservations: p99 ÷ p50",
            3,
            spread,
            f"p50 {_ms(ours, 'p50')}, p99 {_ms(ours, 'p99')} at {CLIENTS} clients",
            at_most=True,
        ),
    ]


def search(ground: Ground) -> list[Figure]:
    """Search for twenty lots near a place, without signing in."""
    measured, _ = _compared(ground, http_load.searches(), 200, pgbench.SEARCH, SQUARE)
    return [
        _against_pgbench("GET /lots?near= ÷ pgbench", 0.45, measured),
        _against_orm("GET /lots?near= ÷ the same with an ORM session", measured),
    ]


def contested(ground: Ground) -> list[Figure]:
    """Reserve one lot from all clients at once, so that all of them must change the same row."""
    amounts = ground.amounts
    requests = http_load.reservations(ground.tokens, amounts.accounts, 1)
    http_load.send_each(ground.api.port, requests, clients=CLIENTS, expected=201)
    measured = interleaved(
        amounts.rounds,
        {
            "http": lambda: _turn(ground.api, requests, amounts.seconds, 201, []),
            "pgbench": partial(
                pgbench.per_second,
                ground.url(ground.town),
                pgbench.RESERVE,
                clients=CLIENTS,
                seconds=amounts.seconds,
                variables={"accounts": amounts.accounts, "lots": 1},
            ),
        },
    )
    return [_against_pgbench("one contested lot ÷ pgbench", 0.75, measured)]


def _spread(outcomes: list[Outcome]) -> float:
    """Return the median of p99 ÷ p50."""
    return median({"spread": [outcome.p99 / outcome.p50 for outcome in outcomes]}, "spread")


def _compared(
    ground: Ground, requests: list[Request], expected: int, script: str, variables: dict[str, int]
) -> tuple[Rounds, list[Outcome]]:
    amounts = ground.amounts
    ours_says, theirs_says = (http_load.ask(program.port, requests[0]) for program in (ground.api, ground.orm_baseline))
    assert _essence(ours_says) == _essence(theirs_says), "the ORM baseline answers something else"
    for program in (ground.api, ground.orm_baseline):
        http_load.send_each(program.port, requests, clients=CLIENTS, expected=expected)
    ours: list[Outcome] = []
    measured = interleaved(
        amounts.rounds,
        {
            "http": lambda: _turn(ground.api, requests, amounts.seconds, expected, ours),
            "pgbench": partial(
                pgbench.per_second,
                ground.url(ground.town),
                script,
                clients=CLIENTS,
                seconds=amounts.seconds,
                variables=variables,
            ),
            "orm": lambda: _turn(ground.orm_baseline, requests, amounts.seconds, expected, []),
        },
    )
    return measured, ours


def _essence(answer: Any) -> Any:
    """Return what two answers must have in common: their fields, and the same lots in the same order."""
    if "data" not in answer:
        return sorted(answer)
    return sorted(answer), [(lot["id"], lot["distance_m"], sorted(lot), sorted(lot["shop"])) for lot in answer["data"]]


def _turn(program: Program, requests: list[Request], seconds: float, expected: int, kept: list[Outcome]) -> float:
    outcome = http_load.send(program.port, requests, clients=CLIENTS, seconds=seconds, expected=expected)
    kept.append(outcome)
    return outcome.per_second


def _against_pgbench(name: str, target: float, measured: Rounds) -> Figure:
    detail = f"{median(measured, 'http'):.0f}/s ÷ {median(measured, 'pgbench'):.0f}/s"
    return Figure(name, target, ratio(measured, "http", "pgbench"), detail)


def _against_orm(name: str, measured: Rounds) -> Figure:
    detail = f"{median(measured, 'http'):.0f}/s ÷ {median(measured, 'orm'):.0f}/s"
    return Figure(name, 4, ratio(measured, "http", "orm"), detail)


def _ms(outcomes: list[Outcome], which: str) -> str:
    return f"{median({which: [getattr(outcome, which) for outcome in outcomes]}, which) * 1000:.1f} ms"
