"""Deprecated routes: their headers in every answer, and what the description of the API says of them."""

from datetime import date
from email.utils import parsedate_to_datetime

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import Field

from backend.http.deprecation import SunsetTooEarly, deprecated
from backend.http.routing import Router
from backend.http.schemas import In, Out
from backend.main import create_app
from backend.problems.common import NotAllowed
from backend.settings import settings
from tests.pure.toy_app import unconnected

GOING = {"since": date(2027, 1, 15), "sunset": date(2027, 7, 15)}


class ToyIn(In):
    """A toy."""

    pieces: int = Field(examples=[2])


class ToyOut(Out):
    """A toy that was made."""

    pieces: int = Field(examples=[2])


def app() -> FastAPI:
    router = Router(tags=["lots"])

    @router.post("/old-toys", **deprecated(**GOING, instead="/v1/toys"))
    async def make_old_toy(toy: ToyIn) -> ToyOut:
        """Make a toy in the old way."""
        if toy.pieces == 13:
            raise NotAllowed
        return ToyOut(pieces=toy.pieces)

    @router.get("/new-toys")
    async def list_new_toys() -> ToyOut:
        """List toys."""
        return ToyOut(pieces=1)

    return create_app(connect=unconnected, routers=[router], hot=[])


async def asked(method: str, path: str, body: object = None) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        return await client.request(method, path, json=body)


@pytest.mark.parametrize(("body", "status"), [({"pieces": 2}, 200), ({"pieces": 13}, 403), ({"pieces": "x"}, 422)])
async def test_a_deprecated_route_says_so_in_every_answer(body: object, status: int) -> None:
    answer = await asked("POST", "/v1/old-toys", body)

    assert answer.status_code == status
    assert answer.headers["deprecation"] == "@1799971200"
    assert parsedate_to_datetime(answer.headers["sunset"]).date() == GOING["sunset"]
    assert answer.headers["sunset"].endswith(" GMT")
    links = answer.headers.get_list("link")
    base = settings().public_url.rstrip("/")
    assert links == [
        f'<{base}/developpeurs#deprecation>; rel="deprecation"; type="text/html"',
        f'<{base}/v1/toys>; rel="successor-version"',
    ]


async def test_other_routes_say_nothing() -> None:
    answer = await asked("GET", "/v1/new-toys")

    assert answer.status_code == 200
    assert not {"deprecation", "sunset", "link"} & set(answer.headers)


async def test_the_description_marks_deprecated_routes() -> None:
    paths = (await asked("GET", "/openapi.json")).json()["paths"]

    old = paths["/v1/old-toys"]["post"]
    assert (old["deprecated"], old["x-deprecated-since"], old["x-sunset"]) == (True, "2027-01-15", "2027-07-15")
    assert "deprecated" not in paths["/v1/new-toys"]["get"]


def test_a_route_may_not_stop_within_half_a_year() -> None:
    with pytest.raises(SunsetTooEarly):
        deprecated(since=date(2027, 1, 15), sunset=date(2027, 3, 1))
