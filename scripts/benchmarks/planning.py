"""Ask the API for lots while a plan of tours is being made on the same machine, and while none is."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from backend.tours.planning.greedy import greedy
from backend.tours.planning.planner import SOLVER, WORK, Work
from backend.tours.planning.solver import Effort
from scripts.benchmarks import http_load
from scripts.benchmarks.evening import evening
from scripts.benchmarks.figures import Figure, interleaved, median, ratio
from scripts.benchmarks.ground import Ground

FEW_CLIENTS = 2
LONG = Effort(seconds=600.0)  # it is killed before


def planning(ground: Ground) -> list[Figure]:
    """Compare the latency of searches beside a solver, in its own process as in the product, with that without one."""
    problem = evening(200, 10)
    work = WORK.dump_json(Work(problem, greedy(problem), LONG))
    requests = http_load.searches()
    http_load.send_each(ground.api.port, requests, clients=FEW_CLIENTS)

    def p50() -> float:
        return http_load.send(ground.api.port, requests, clients=FEW_CLIENTS, seconds=ground.amounts.seconds).p50

    def beside() -> float:
        with _a_solver(work):
            return p50()

    measured = interleaved(ground.amounts.rounds, {"beside": beside, "alone": p50})
    return [
        Figure(
            "GET /lots?near=: p50 beside a plan ÷ without",
            1.25,
            ratio(measured, "beside", "alone"),
            f"{median(measured, 'beside') * 1000:.1f} ms ÷ {median(measured, 'alone') * 1000:.1f} ms, "
            f"{FEW_CLIENTS} clients",
            at_most=True,
        )
    ]


@contextmanager
def _a_solver(work: bytes) -> Iterator[None]:
    """Let a solver work until the block ends."""
    running = subprocess.Popen(SOLVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(work)
        running.stdin.close()
        running.stdout.readline()  # it has begun
        yield
    finally:
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()
