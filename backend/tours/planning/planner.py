"""Plan tours: the greedy planner at once, then PyVRP in a process of its own, and the checker over what comes back.

PyVRP runs apart so that it can be killed, and so that the API answers as fast as before meanwhile. Where it is missing,
killed, too slow or wrong, the greedy plan stands, and `Planned.because` says why.
"""

import asyncio
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import structlog

from backend.tours.planning.checker import violations
from backend.tours.planning.greedy import greedy
from backend.tours.planning.problem import Plan, Problem
from backend.tours.planning.solver import Effort, SolverMissing, better, improved

SPARE_SECONDS = 15.0  # wall time beside the CPU time, for a busy machine
WALL_PER_CPU = 4.0
LARGEST_LINE = 16 * 1024 * 1024

log = structlog.get_logger("ecopanier.planning")

Told = Callable[[float], None]
"""Called with how much of the work is done, from 0 to 1."""


class Because(StrEnum):
    """Why a plan is the greedy planner's."""

    MISSING = "solver_missing"
    FAILED = "solver_failed"
    TOO_SLOW = "solver_too_slow"
    WRONG = "solver_wrong"
    NO_BETTER = "greedy_was_as_good"


@dataclass(frozen=True)
class Planned:
    """A plan that passed the checker. because: why it is the greedy planner's; None if PyVRP made it."""

    plan: Plan
    because: Because | None = None


class PlanRefused(Exception):
    """Raised when even the greedy plan breaks a rule: the problem contradicts itself, or there is a bug."""


async def plan_tours(problem: Problem, effort: Effort, told: Told = lambda _: None) -> Planned:
    """Return the best plan that passes the checker. Raises PlanRefused."""
    first = await asyncio.to_thread(greedy, problem)
    if wrong := violations(problem, first):
        raise PlanRefused("; ".join(wrong))
    told(0.0)
    answer = await _in_own_process(problem, first, effort, told)
    told(1.0)
    if isinstance(answer, Because):
        log.warning("planning.greedy", because=answer.value)
        return Planned(first, answer)
    if wrong := violations(problem, answer):
        log.error("planning.solver_wrong", first=wrong[0], count=len(wrong))
        return Planned(first, Because.WRONG)
    return Planned(answer) if better(problem, answer, first) else Planned(first, Because.NO_BETTER)


async def _in_own_process(problem: Problem, first: Plan, effort: Effort, told: Told) -> Plan | Because:
    seconds = (effort.seconds or 0.0) * WALL_PER_CPU + SPARE_SECONDS
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.tours.planning.planner",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LARGEST_LINE,
    )
    try:
        async with asyncio.timeout(seconds):
            assert running.stdin is not None and running.stdout is not None  # noqa: S101  both are pipes
            running.stdin.write(pickle.dumps((problem, first, effort)))
            running.stdin.write_eof()
            async for line in running.stdout:
                word, _, rest = line.partition(b" ")
                if word == b"missing":
                    return Because.MISSING
                if word == b"done":
                    # It is our own process, started a moment ago, and nobody else writes to its pipe.
                    plan: Plan = pickle.loads(bytes.fromhex(rest.decode()))  # noqa: S301
                    return plan
                told(float(rest))
    except TimeoutError:
        return Because.TOO_SLOW
    except (OSError, ValueError, pickle.UnpicklingError):
        return Because.FAILED
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.wait()
    return Because.FAILED


def main() -> None:
    """Solve the problem on stdin and write progress, then the plan, to stdout. Started by `plan_tours`."""
    problem, first, effort = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  from the process that started us
    out = sys.stdout

    def told(share: float) -> None:
        out.write(f"progress {share:.3f}\n")
        out.flush()

    try:
        plan = improved(problem, first, effort, told)
    except SolverMissing:
        out.write("missing \n")
    else:
        out.write(f"done {pickle.dumps(plan).hex()}\n")
    out.flush()


if __name__ == "__main__":
    main()
