"""The job that plans an operator's day of tours."""

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog
from pydantic_core import to_json

from backend.job_context import Work
from backend.tours.building import DayRead, built, places_of, reasons_of, rows_of
from backend.tours.distances import road_metres
from backend.tours.planning.planner import PlanRefused, plan_tours
from backend.tours.planning.problem import Plan
from backend.tours.planning.solver import Effort

TELL_EVERY_SECONDS = 1.0
COLLECTIONS_A_SECOND = 10

log = structlog.get_logger("ecopanier.planning")


async def plan(work: Work, plan_id: UUID) -> None:
    """Make the plan and write its tours, all or nothing. A plan that is over stays as it is.

    No transaction is open while it plans. If the worker dies meanwhile, another one plans anew.
    """
    said = await work.acts.value("begin_plan", plan=plan_id)
    if said is None:
        return
    read = DayRead.model_validate_json(said)
    metres = await road_metres(places_of(read), read.road_factor, work.settings.osrm_url)
    made = built(read, metres)
    found, because = Plan(()), None
    if made.collections:
        telling = _Telling(work, plan_id)
        try:
            planned = await plan_tours(made.problem, Effort(seconds=_seconds(read)), telling.hear)
        except PlanRefused as wrong:
            log.error("planning.refused", plan=str(plan_id), wrong=str(wrong)[:500])
            await work.acts.value("fail_plan", plan=plan_id, why="broken")
            return
        finally:
            await telling.stop()
        found, because = planned.plan, planned.because
    await work.acts.value(
        "write_plan",
        plan=plan_id,
        made=to_json(rows_of(made, found)).decode(),
        left_out=to_json(reasons_of(made, found)).decode(),
        planner=found.planner,
        because=because.value if because else None,
    )


def _seconds(read: DayRead) -> float:
    """Return the processor time to spend: at most what was asked for, and less on a day with few collections."""
    return min(float(read.seconds), max(1.0, len(read.collections) / COLLECTIONS_A_SECOND))


class _Telling:
    """Writes the progress of a plan to the database, at most once a second."""

    def __init__(self, work: Work, plan_id: UUID) -> None:
        self._work, self._plan_id, self._percent = work, plan_id, 0
        self._task = asyncio.create_task(self._tell())

    def hear(self, share: float) -> None:
        self._percent = min(99, max(0, int(share * 100)))

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _tell(self) -> None:
        told = 0
        while True:
            await asyncio.sleep(TELL_EVERY_SECONDS)
            if self._percent != told:
                told = self._percent
                await self._work.acts.value("plan_progress", plan=self._plan_id, percent=told)
