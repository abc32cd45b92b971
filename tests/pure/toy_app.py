"""An app with a few small routes, to test the frame around every request without a database."""

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import asyncpg
from fastapi import FastAPI, Form, Header, Path
from pydantic import Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from backend.http.health import Readiness, set_readiness
from backend.http.hot_routes import HotRoutes
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.http.schemas import In, Out
from backend.http.strict_json import read_body
from backend.main import create_app
from backend.problems.problem import Problem, constraint_problems, may_answer

A_TOY = UUID("01980c5e-7c2b-7c11-9d35-0d6d1ad1a2f4")
SECRET = "amina@example.org"

made: list[int] = []


class ToyBroken(Problem):
    """Raised when a toy is broken."""

    code, status = "toy.broken", 409
    example = {"pieces": 2}  # noqa: RUF012  read-only, as Problem declares it

    def __init__(self, pieces: int) -> None:
        super().__init__(pieces=pieces)


class ToyTooDear(Problem):
    """Raised when a toy costs more than five euros."""

    code, status = "toy.too_dear", 422


constraint_problems({"toys_price_check": ToyTooDear})


class ToyIn(In):
    """The body of a request to make a toy."""

    quantity: int = Field(ge=1, examples=[2])
    title: str = Field(default="", max_length=20)


class ToyOut(Out):
    """A toy."""

    id: UUID
    quantity: int = Field(examples=[2])


router = Router(tags=["lots"])


@router.post("/toys", status_code=201, responses=may_answer(ToyBroken))
async def make_toy(toy: ToyIn) -> ToyOut:
    """Make a toy.

    Out of wood.
    """
    made.append(toy.quantity)
    return ToyOut(id=A_TOY, quantity=toy.quantity)


@router.get("/toys")
async def toys(limit: Limit = 20, after: After = None, q: str = "") -> Page[ToyOut]:
    """List toys."""
    first = cursor_key(after, TypeAdapter(tuple[int]))[0] + 1 if after else 0
    found = [ToyOut(id=A_TOY, quantity=number) for number in range(first, min(first + limit + 1, 5))]
    return page_of(found, limit, lambda toy: (toy.quantity,))


@router.post("/sign-in", status_code=204, dependencies=[limited("sign-in", "3/minute")])
async def sign_in(username: Annotated[str, Form(examples=["amina"])]) -> None:
    """Sign in."""


@router.get("/toys/{how}/failures", status_code=204)
async def fail(how: Annotated[str, Path(examples=["broken"])]) -> None:
    """Fail in one of many ways."""
    raise failures()[how]


def failures() -> dict[str, Exception]:
    """Return the exceptions that a route can raise, by name."""

    def database(sqlstate: str, message: str = "", constraint: str = "") -> Exception:
        error: Exception = asyncpg.PostgresError.new(
            {"S": "ERROR", "C": sqlstate, "M": message, "D": f"Key (email)=({SECRET})", "n": constraint}
        )
        return error

    return {
        "broken": ToyBroken(pieces=3),
        "a bug of ours": ValueError(f"cannot write to {SECRET}"),
        "a file is missing": FileNotFoundError(SECRET),
        "refused by an act": database("EP409", "toy.broken"),
        "refused by an act with an unknown code": database("EP409", "toy.unheard_of"),
        "against a constraint with a problem": database("23514", constraint="toys_price_check"),
        "against a constraint without one": database("23505", constraint="toys_title_key"),
        "refused by row-level security": database("42501"),
        "deadlock": database("40P01"),
        "the server is shutting down": database("57P01"),
        "a number out of range": database("22003"),
        "wrong SQL": database("42703", "column nothing does not exist"),
        "the pool is closing": asyncpg.InterfaceError("pool is closing"),
    }


async def make_toy_hot(request: Request) -> Response:
    """Make a toy on a hot route."""
    toy = await read_body(request, ToyIn)
    made.append(toy.quantity)
    return Response(ToyOut(id=A_TOY, quantity=toy.quantity).model_dump_json(), 201, media_type="application/json")


hot = HotRoutes(tags=["lots"])
hot.add(
    "POST",
    "/shelves/{shelf_id}/toys",
    make_toy_hot,
    body=ToyIn,
    answer=ToyOut,
    status_code=201,
    responses=may_answer(ToyBroken),
    signed_in=True,
    others=[
        inspect.Parameter("shelf_id", inspect.Parameter.KEYWORD_ONLY, annotation=UUID),
        inspect.Parameter(
            "idempotency_key",
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[str, Header(alias="Idempotency-Key", examples=["a1b2c3"])],
        ),
    ],
)


async def fail_hot(request: Request) -> Response:
    """Fail in one of many ways on a hot route."""
    raise failures()[request.path_params["how"]]


hot.add(
    "GET",
    "/shelves/{how}/failures",
    fail_hot,
    answer=ToyOut,
    others=[
        inspect.Parameter("how", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, Path(examples=["broken"])])
    ],
)

ORDINARY, HOT = "/v1/toys", f"/v1/shelves/{A_TOY}/toys"


@asynccontextmanager
async def unconnected(app: FastAPI) -> AsyncIterator[None]:
    """Open no connection: no route here needs one."""
    yield


async def ready() -> str | None:
    """Report that the service is ready."""
    return None


def toy_app(*, ready: Readiness = ready) -> FastAPI:
    """Return the product's app with these routes alone."""
    app = create_app(connect=unconnected, routers=[router], hot=[hot])
    set_readiness(app, ready)
    return app
