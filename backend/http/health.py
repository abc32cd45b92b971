"""`/healthz` (the process is alive) and `/readyz` (the database is reachable and its migrations are current)."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, cast

from fastapi import Depends, FastAPI, Request
from pydantic import Field

from backend.http.routing import Router
from backend.http.schemas import Out
from backend.problems.common import NotReady
from backend.problems.problem import may_answer

Readiness = Callable[[], Awaitable[str | None]]
"""Returns None if requests can be served, otherwise the reason, for operators and without secrets."""

router = Router(tags=["health"])


class Health(Out):
    """The answer if all is well."""

    status: Literal["ok"] = Field(default="ok", examples=["ok"])


def set_readiness(app: FastAPI, ready: Readiness) -> None:
    """Set the check that `/readyz` runs."""
    app.state.ready = ready


async def _readiness(request: Request) -> Readiness:
    return cast(Readiness, request.app.state.ready)


@router.get("/healthz")
async def healthz() -> Health:
    """Check that the process is alive."""
    return Health()


@router.get("/readyz", responses=may_answer(NotReady))
async def readyz(ready: Annotated[Readiness, Depends(_readiness)]) -> Health:
    """Check that requests can be served: the database is reachable and its migrations are current."""
    if reason := await ready():
        raise NotReady(reason=reason)
    return Health()
