"""Measure the hot requests over HTTP against pgbench running the same statement and against the ORM baseline."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from scripts.benchmarks import http_load, pgbench
from scripts.benchmarks.cpu import Cpu
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


@dataclass(frozen=True)
class Turn:
    """The measurements of one turn over HTTP, with the processor time of a request in µs."""

    outcome: Outcome
    cpu_of_program: float
    cpu_of_postgres: float


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
        _against_orm("POST …/reservations ÷ the same with an ORM session", 10, measured),
        *_cpu("POST …/reservations", ours),
        Figure(
            "POST …/reservations: p99 ÷ p50",
            1.8,
            spread,
            f"p50 {_ms(ours, 'p50')}, p99 {_ms(ours, 'p99')} at {CLIENTS} clients",
            at_most=True,
        ),
    ]


def search(ground: Ground) -> list[Figure]:
    """Search for twenty lots near a place, without signing in."""
    measured, ours = _compared(ground, http_load.searches(), 200, pgbench.SEARCH, SQUARE)
    return [
        _against_pgbench("GET /lots?near= ÷ pgbench", 0.45, measured),
        _against_orm("GET /lots?near= ÷ the same with an ORM session", 13, measured),
        *_cpu("GET /lots?near=", ours),
    ]


def contested(ground: Ground) -> list[Figure]:
    """Reserve one lot from all clients at once, so that all of them must change the same row."""
    amounts = ground.amounts
    requests = http_load.reservations(ground.tokens, amounts.accounts, 1)
    http_load.send_each(ground.api.port, requests, clients=CLIENTS, expected=201)
    measured = interleaved(
        amounts.rounds,
        {
            "http": lambda: _turn(ground, ground.api, requests, 201, []),
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
    return [_against_pgbench("one contested lot ÷ pgbench", 1.0, measured)]


def processes(ground: Ground) -> list[Figure]:
    """Compare a server of two processes with one of a single process."""
    amounts = ground.amounts
    one, two = ground.api, ground.served("api-of-two", {"ECOPANIER_PROCESSES": "2"})
    figures = []
    for name, requests, expected in (
        ("POST …/reservations", http_load.reservations(ground.tokens, amounts.accounts, amounts.lots), 201),
        ("GET /lots?near=", http_load.searches(), 200),
    ):
        for program in (one, two):
            http_load.send_each(program.port, requests, clients=CLIENTS, expected=expected)
        measured = interleaved(
            amounts.rounds,
            {
                "one": partial(_turn, ground, one, requests, expected, []),
                "two": partial(_turn, ground, two, requests, expected, []),
            },
        )
        detail = f"{median(measured, 'two'):.0f}/s ÷ {median(measured, 'one'):.0f}/s"
        figures.append(Figure(f"{name}: two API processes ÷ one", None, ratio(measured, "two", "one"), detail))
    return figures


def _spread(turns: list[Turn]) -> float:
    """Return the median of p99 ÷ p50."""
    return median({"spread": [turn.outcome.p99 / turn.outcome.p50 for turn in turns]}, "spread")


def _compared(
    ground: Ground, requests: list[Request], expected: int, script: str, variables: dict[str, int]
) -> tuple[Rounds, list[Turn]]:
    amounts = ground.amounts
    ours_says, theirs_says = (http_load.ask(program.port, requests[0]) for program in (ground.api, ground.orm_baseline))
    assert _essence(ours_says) == _essence(theirs_says), "the ORM baseline answers something else"
    for program in (ground.api, ground.orm_baseline):
        http_load.send_each(program.port, requests, clients=CLIENTS, expected=expected)
    ours: list[Turn] = []
    measured = interleaved(
        amounts.rounds,
        {
            "http": lambda: _turn(ground, ground.api, requests, expected, ours),
            "pgbench": partial(
                pgbench.per_second,
                ground.url(ground.town),
                script,
                clients=CLIENTS,
                seconds=amounts.seconds,
                variables=variables,
            ),
            "orm": lambda: _turn(ground, ground.orm_baseline, requests, expected, []),
        },
    )
    return measured, ours


def _essence(answer: Any) -> Any:
    """Return what two answers must have in common: their fields, and the same lots in the same order."""
    if "data" not in answer:
        return sorted(answer)
    return sorted(answer), [(lot["id"], lot["distance_m"], sorted(lot), sorted(lot["shop"])) for lot in answer["data"]]


def _turn(ground: Ground, program: Program, requests: list[Request], expected: int, kept: list[Turn]) -> float:
    """Send load to a program from all clients, and return the answers per second."""
    cpu = Cpu(ground, [program])
    outcome = http_load.send(program.port, requests, clients=CLIENTS, seconds=ground.amounts.seconds, expected=expected)
    kept.append(Turn(outcome, *cpu.per_request(sum(outcome.answers.values()))))
    return outcome.per_second


def _against_pgbench(name: str, target: float, measured: Rounds) -> Figure:
    detail = f"{median(measured, 'http'):.0f}/s ÷ {median(measured, 'pgbench'):.0f}/s"
    return Figure(name, target, ratio(measured, "http", "pgbench"), detail)


def _against_orm(name: str, target: float, measured: Rounds) -> Figure:
    detail = f"{median(measured, 'http'):.0f}/s ÷ {median(measured, 'orm'):.0f}/s"
    return Figure(name, target, ratio(measured, "http", "orm"), detail)


def _cpu(name: str, turns: list[Turn]) -> list[Figure]:
    program = median({"cpu": [turn.cpu_of_program for turn in turns]}, "cpu")
    postgres = median({"cpu": [turn.cpu_of_postgres for turn in turns]}, "cpu")
    detail = f"API {program:.0f} µs, Postgres {postgres:.0f} µs"
    return [Figure(f"{name}: processor time of a request", None, program + postgres, detail, unit=" µs")]


def _ms(turns: list[Turn], which: str) -> str:
    return f"{median({which: [getattr(turn.outcome, which) for turn in turns]}, which) * 1000:.1f} ms"
