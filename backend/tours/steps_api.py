"""Steps over HTTP: what a collector reports from the stops of a tour."""

import hashlib
import json
from typing import Annotated
from uuid import UUID

from fastapi import Path
from sqlalchemy.ext.asyncio import AsyncSession

from backend.database.sessions import call, signed_in_as
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import TryAgain
from backend.problems.problem import may_answer
from backend.tours.problems import (
    StepInTheFuture,
    StepOfOtherContent,
    StepPhotoUnknown,
    StepTooOld,
    StopNotFound,
    TourNotFound,
    TourNotUnderWay,
)
from backend.tours.step_schemas import StepIn, StepOut

router = Router(tags=["tours"])

AsCollector = Annotated[AsyncSession, signed_in_as(Role.COLLECTOR)]


@router.post(
    "/tours/{tour_id}/stops/{number}/steps",
    responses=may_answer(
        TourNotFound,
        StopNotFound,
        TourNotUnderWay,
        StepOfOtherContent,
        StepInTheFuture,
        StepTooOld,
        StepPhotoUnknown,
        TryAgain,
    ),
)
async def report_step(
    tour_id: UUID, number: Annotated[int, Path(ge=1, le=200, examples=[1])], wanted: StepIn, session: AsCollector
) -> StepOut:
    """Report what happened at a stop of a tour of yours.

    Steps may be sent late, in any order and more than once: the answer to a step sent again is the same. What was taken
    and left follows from all of them, by when they happened; a later step corrects an earlier one.
    """
    details = wanted.details()
    content = json.dumps(
        [
            wanted.kind,
            wanted.at.timestamp(),
            wanted.collection_id and str(wanted.collection_id),
            wanted.photo_id and str(wanted.photo_id),
            details,
        ],
        sort_keys=True,
    )
    answer = await call(
        session,
        "take_step",
        tour=tour_id,
        number=number,
        step=wanted.step_id,
        kind=wanted.kind,
        at=wanted.at,
        collection=wanted.collection_id,
        details=json.dumps(details),
        photo=wanted.photo_id,
        fingerprint=hashlib.sha256(content.encode()).digest(),
    )
    return StepOut.model_validate(answer if isinstance(answer, dict) else json.loads(answer))
