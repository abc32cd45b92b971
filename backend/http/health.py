"""`/healthz`: the process answers. `/readyz`: the database is reached and its migrations are current."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, cast

from fastapi import Depends, FastAPI, Request
from pydantic import Field

from backend.http.routing import Router
from backend.http.schemas import Out
from backend.problems.common import NotReady
from backend.problems.problem import may_answer

Readiness = Callable[[], Awaitable[str | None]]
"""Answers None when requests can be served, else a reason without secrets, for operators."""

router = Router(tags=["health"])


class Health(Out):
    """The answer while all is well."""

    status: Literal["ok"] = Field(default="ok", examples=["ok"])


def ask_readiness_of(app: FastAPI, ready: Readiness) -> None:
    """Say what `/readyz` asks."""
    app.state.ready = ready


async def _readiness(request: Request) -> Readiness:
    return cast(Readiness, request.app.state.ready)


@router.get("/healthz")
async def healthz() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/readyz", responses=may_answer(NotReady))
async def readyz(ready: Annotated[Readiness, Depends(_readiness)]) -> Health:
    """Say whether requests can be served: the database is reached and its migrations are current."""
    if reason := await ready():
        raise NotReady(reason=reason)
    return Health()
