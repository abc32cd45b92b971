"""Territories for everybody: find one, read what is published about it, and put it on a page of one's own."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.content_policy import policy_of
from backend.pages.maps import METROPOLITAN, Drawn, drawn
from backend.pages.visit import Visit, route
from backend.pages.visitors.search import LONGEST_PLACE
from backend.settings import settings
from backend.shops.models import Category
from backend.time_zones import PARIS

ROOT = "/territoires"
MONTHS = 36
A_YEAR = 12
PARTS_A_PAGE = 20
SUMMED = ("meals", "food_kg", "co2e_kg", "collected", "people_helped", "value_saved_cents")
CATEGORIES = tuple(one.value for one in Category)


async def find(visit: Visit) -> Response:
    """Find a territory by its name or postcode."""
    asked = visit.query.get("q", "").strip()[:LONGEST_PLACE]
    found = await visit.api.get("/v1/territories", q=asked) if asked else {"data": []}
    return visit.page("visitors/territories.html", asked=asked, found=found["data"])


@dataclass(frozen=True)
class Asked:
    """The months that a page of a territory shows, as 2026-10, and the category. choices: the months to choose from."""

    since: str
    until: str
    category: str
    choices: Sequence[str]

    def query(self, **more: str) -> dict[str, str]:
        """Return the same as parameters of the API."""
        category = {"category": self.category} if self.category else {}
        return {"by": "month", "from": f"{self.since}-01", "to": f"{self.until}-01", **category, **more}

    def kept(self) -> dict[str, str]:
        """Return the same as parameters of the page."""
        category = {"category": self.category} if self.category else {}
        return {"from": self.since, "to": self.until, **category}


def asked_of(visit: Visit) -> Asked:
    """Return the months and the category that the address asks for: by default the twelve months that are over."""
    now = datetime.now(ZoneInfo(PARIS))
    last = now.year * 12 + now.month - 2
    choices = [f"{month // 12}-{month % 12 + 1:02}" for month in range(last, last - MONTHS, -1)]
    until = visit.query.get("to", "")
    until = until if until in choices else choices[0]
    since = visit.query.get("from", "")
    since = since if since in choices else choices[min(choices.index(until) + A_YEAR - 1, MONTHS - 1)]
    category = visit.query.get("category", "")
    first, end = sorted((since, until))
    return Asked(first, end, category if category in CATEGORIES else "", choices)


@dataclass(frozen=True)
class Shown:
    """The published figures of a territory in some months.

    rows: by month; sums: of the published months; unpublished: how many of them are suppressed; newest: the last month
    with figures, None without any; categories and parts: of that month; drawn: the parts on a map.
    """

    one: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    sums: Mapping[str, float]
    unpublished: int
    newest: str | None
    categories: Sequence[Mapping[str, Any]]
    parts: Sequence[Mapping[str, Any]]
    kind: str | None
    drawn: Drawn | None


async def published(visit: Visit, code: str, asked: Asked, *, parts: bool = True) -> Shown:
    """Return what is published about a territory. parts: whether about its categories and parts too. Raises Refused."""
    path = f"/v1/territories/{quote(code, safe='')}"
    one, figures = await asyncio.gather(visit.api.get(path), visit.api.get(f"{path}/figures", **asked.query()))
    rows = figures["data"]
    told = [row for row in rows if not row["suppressed"]]
    sums = {name: sum(row.get(name) or 0 for row in told) for name in SUMMED}
    newest = rows[-1]["from"][:7] if rows else None
    categories: list[Any] = []
    features: list[Any] = []
    kind = None
    if newest is not None and parts:
        if not asked.category:
            categories = (await visit.api.get(f"{path}/categories", month=newest))["data"]
        if one["parts"]:
            month = {"from": f"{newest}-01", "to": f"{newest}-01"}
            found = await visit.api.get(f"{path}/figures.geojson", **asked.query(**month))
            features, kind = found["features"], found["parts"]
    whole = [{**part["properties"], **part["properties"]["figures"][0]} for part in features]
    return Shown(
        one,
        rows,
        sums,
        len(rows) - len(told),
        newest,
        categories,
        sorted(whole, key=lambda part: (-(part.get("meals") or -1), part["name"])),
        kind,
        drawn(features, "meals", METROPOLITAN if one["kind"] == "country" else None),
    )


async def territory(visit: Visit) -> Response:
    """Show what is published about a territory: by month, by category, and in its parts on a map and as a table."""
    asked = asked_of(visit)
    code = str(visit.parameters["code"])
    shown = await published(visit, code, asked)
    typed = visit.query.get("page", "")
    last = max(1, -(-len(shown.parts) // PARTS_A_PAGE))
    page = min(int(typed), last) if typed.isdecimal() and len(typed) < 5 and int(typed) > 0 else 1
    return visit.page(
        "visitors/territory.html",
        one=shown.one,
        shown=shown,
        asked=asked,
        query=urlencode(asked.query()),
        parts=shown.parts[(page - 1) * PARTS_A_PAGE : page * PARTS_A_PAGE],
        number=page,
        last=last,
        categories=CATEGORIES,
        address=f"{settings().public_url.rstrip('/')}{ROOT}/{quote(code, safe='')}",
    )


async def frame(visit: Visit) -> Response:
    """Return a small page about a territory that other sites may show within theirs. It reads and sets no cookie."""
    wanted = visit.query.get("language")
    if wanted in ("fr", "en"):
        visit.language = "fr" if wanted == "fr" else "en"
    asked = asked_of(visit)
    shown = await published(visit, str(visit.parameters["code"]), asked, parts=False)
    page = visit.page("visitors/territory_frame.html", one=shown.one, shown=shown, asked=asked)
    page.headers["Content-Security-Policy"] = policy_of(FRAMED)
    page.headers["Cache-Control"] = "public, max-age=3600"
    return page


FRAMED = {"frame-ancestors": "*", "script-src": "'none'", "form-action": "'none'", "connect-src": "'none'"}


async def data(visit: Visit) -> Response:
    """Explain the published figures: their columns, their rules and their licence."""
    return visit.page("visitors/territory_data.html", found=await visit.api.get("/v1/figures/dictionary"))


routes: list[BaseRoute] = [
    route(ROOT, find),
    route(f"{ROOT}/donnees", data),  # before the code
    route(f"{ROOT}/{{code}}", territory),
    route(f"{ROOT}/{{code}}/cadre", frame, kind=None),
]
