"""Plan tours: the greedy planner at once, then PyVRP in a process of its own, and the checker over what comes back.

PyVRP runs apart so that it can be killed, and so that the API answers as fast as before meanwhile. Where it is missing,
killed, too slow or wrong before it found anything better, the greedy plan stands, and `Planned.because` says why.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

import structlog
from pydantic import TypeAdapter, ValidationError

from backend.tours.planning.checker import violations
from backend.tours.planning.greedy import greedy
from backend.tours.planning.problem import Plan, Problem
from backend.tours.planning.solver import Effort, SolverMissing, better, improved

SPARE_SECONDS = 15.0  # wall time beside the CPU time, for a busy machine
WALL_PER_CPU = 10.0  # it runs behind everything else
LARGEST_LINE = 16 * 1024 * 1024
NICENESS = 19  # requests of people come first
SOLVER = (sys.executable, "-m", "backend.tours.planning.planner")

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


@dataclass(frozen=True, slots=True)
class Work:
    """The input of the solver's process."""

    problem: Problem
    first: Plan
    effort: Effort


WORK, PLAN = TypeAdapter(Work), TypeAdapter(Plan)


class PlanRefused(Exception):
    """Raised when even the greedy plan breaks a rule: the problem contradicts itself, or there is a bug."""


async def plan_tours(
    problem: Problem, effort: Effort, told: Told = lambda _: None, solver: Sequence[str] = SOLVER
) -> Planned:
    """Return the best plan that passes the checker.

    told: called with the progress. solver: the command of the process that improves the greedy plan.
    Raises PlanRefused.
    """
    try:
        first = await asyncio.to_thread(greedy, problem)
    except ValueError as impossible:
        raise PlanRefused(str(impossible)) from impossible
    if wrong := violations(problem, first):
        raise PlanRefused("; ".join(wrong))
    told(0.0)
    answer = await _in_own_process(Work(problem, first, effort), told, solver)
    told(1.0)
    if isinstance(answer, Because):
        log.warning("planning.greedy", because=answer.value)
        return Planned(first, answer)
    if wrong := violations(problem, answer):
        log.error("planning.solver_wrong", first=wrong[0], count=len(wrong))
        return Planned(first, Because.WRONG)
    return Planned(answer) if better(problem, answer, first) else Planned(first, Because.NO_BETTER)


async def _in_own_process(work: Work, told: Told, solver: Sequence[str]) -> Plan | Because:
    seconds = (work.effort.seconds or 0.0) * WALL_PER_CPU + SPARE_SECONDS
    try:
        running = await asyncio.create_subprocess_exec(
            *solver, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LARGEST_LINE
        )
    except OSError:
        return Because.FAILED
    found: Plan | None = None
    try:
        async with asyncio.timeout(seconds):
            assert running.stdin is not None  # noqa: S101  a pipe
            assert running.stdout is not None  # noqa: S101  a pipe
            running.stdin.write(WORK.dump_json(work))
            running.stdin.write_eof()
            async for line in running.stdout:
                word, _, rest = line.partition(b" ")
                if word == b"missing":
                    return Because.MISSING
                if word == b"found":
                    found = PLAN.validate_json(rest)
                elif word == b"done":
                    return PLAN.validate_json(rest)
                else:
                    told(float(rest))
    except TimeoutError:
        return found or Because.TOO_SLOW
    except (OSError, ValueError, ValidationError):
        return Because.FAILED
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.wait()
    return found or Because.FAILED


def main() -> None:
    """Solve the work on stdin; write progress, better plans, then the best one to stdout. Started by `plan_tours`."""
    os.nice(NICENESS)
    work = WORK.validate_json(sys.stdin.buffer.read())
    out = sys.stdout

    def told(share: float) -> None:
        out.write(f"progress {share:.3f}\n")
        out.flush()

    def found(plan: Plan) -> None:
        out.write(f"found {PLAN.dump_json(plan).decode()}\n")
        out.flush()

    try:
        plan = improved(work.problem, work.first, work.effort, told, found)
    except SolverMissing:
        out.write("missing \n")
    else:
        out.write(f"done {PLAN.dump_json(plan).decode()}\n")
    out.flush()


if __name__ == "__main__":
    main()
