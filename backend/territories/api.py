"""Territories over HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response

from backend.api_clients.calling import PersonOrClient, person_or_client
from backend.database.sessions import ActsDep, AsAdmin, DatabaseDep
from backend.http.etags import unchanged
from backend.http.routing import Router
from backend.http.schemas import DayAsked
from backend.identity.callers import also_at_kiosks
from backend.problems.problem import may_answer
from backend.shops.models import Category
from backend.territories import published, queries, zones
from backend.territories.map import SOURCE, Kind
from backend.territories.problems import (
    FiguresPeriodInvalid,
    PartsUnknown,
    TerritoryNotFound,
    TerritoryNotYours,
    ZonesInvalid,
)
from backend.territories.published import FiguresAsked
from backend.territories.schemas import (
    By,
    DictionaryOut,
    LiveFigures,
    TerritoriesFound,
    TerritoryFigures,
    WholeTerritory,
    ZonesIn,
    ZonesOut,
)

router = Router(tags=["territories"])

# A body has three names and values for each point: as many as 1 MiB can hold.
drawing = Router(tags=["territories"], most_parts=120_000)

AnybodyOrClient = Annotated[PersonOrClient, Depends(person_or_client("figures:read", visitors=True))]
MemberOrClient = Annotated[PersonOrClient, Depends(person_or_client("figures:read"))]
OPTIONAL: dict[str, Any] = {"security": [{"clientCredentials": ["figures:read"]}, {"bearer": []}, {}]}

CSV, GEOJSON = "text/csv", "application/geo+json"
CSV_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "CSV by RFC 4180: UTF-8, commas, decimal points. `GET /v1/figures/dictionary` has its columns.",
        "content": {CSV: {"schema": {"type": "string"}}},
    }
}
GEOJSON_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "GeoJSON by RFC 7946: parts at their centres, zones with their shapes, with their `figures`.",
        "content": {GEOJSON: {"schema": {"type": "object"}}},
    }
}
NOT_CHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The figures named by If-None-Match are current."}}
LICENCE_LINK = f'<{published.LICENCE_URL}>; rel="license"'


def figures_asked(by_default: By) -> Callable[..., FiguresAsked]:
    """Return the dependency that reads which figures of a territory are asked for. by_default: without `by`."""

    def asked(
        since: Annotated[
            DayAsked | None,
            Query(
                alias="from",
                description="The first day; of a month, any day. By default 30 days or 12 months are shown.",
                examples=["2026-11-01"],
            ),
        ] = None,
        until: Annotated[
            DayAsked | None,
            Query(alias="to", description="The last day; of a month, any day.", examples=["2026-11-30"]),
        ] = None,
        by: By = by_default,
        category: Annotated[
            Category | None, Query(description="Only food of this category.", examples=["bakery"])
        ] = None,
        parts: Annotated[
            Kind | None,
            Query(
                description="Tell of the territories of this kind within it, instead of the whole.",
                examples=["commune"],
            ),
        ] = None,
    ) -> FiguresAsked:
        return FiguresAsked(by, since, until, category, parts)

    return asked


DaysAsked = Annotated[FiguresAsked, Depends(figures_asked("day"))]
MonthsAsked = Annotated[FiguresAsked, Depends(figures_asked("month"))]
IfNoneMatch = Annotated[str | None, Header(max_length=500, description="The ETag of the figures that are at hand.")]

Code = Annotated[
    str,
    Path(
        min_length=2,
        max_length=36,
        pattern=r"^[0-9A-Za-z-]+$",
        description="The INSEE code of a commune or arrondissement, the SIREN of an EPCI, `DEP-67`, `REG-44`, `FR`, or"
        " the id of a zone.",
        examples=["67482"],
    ),
]


@router.get("/territories")
async def find_territories(
    acts: ActsDep,
    response: Response,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            description="The beginning of a name, a code or a postcode. Accents, capitals, hyphens and leading articles"
            " do not matter; St is Saint.",
            examples=["Strasbourg"],
        ),
    ],
) -> TerritoriesFound:
    """Find régions, départements, EPCI, communes and arrondissements by name.

    At most 20: those whose name is what you wrote, then those that begin with it by population, then those with a later
    word that does.
    """
    response.headers["Cache-Control"] = "public, max-age=86400"
    return TerritoriesFound(data=await queries.territories_found(acts, q), source=SOURCE)


@router.get("/territories/{code}", responses=may_answer(TerritoryNotFound))
async def read_territory(code: Code, acts: ActsDep, response: Response) -> WholeTerritory:
    """Read a territory: its population, what it lies in, and the kinds of its parts."""
    found = await queries.territory(acts, code)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return found


@router.get("/figures/dictionary")
async def read_dictionary(response: Response) -> DictionaryOut:
    """Read what the columns of published figures mean, and the licence under which they may be used."""
    response.headers["Cache-Control"] = "public, max-age=86400"
    return published.dictionary()


@router.get(
    "/territories/{code}/figures",
    response_model=TerritoryFigures,
    responses=NOT_CHANGED | may_answer(TerritoryNotFound, FiguresPeriodInvalid),
    openapi_extra=OPTIONAL,
)
@also_at_kiosks
async def read_territory_figures(
    code: Code,
    acts: ActsDep,
    who: AnybodyOrClient,
    asked: DaysAsked,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Read the published figures of a territory by day or month, or of its parts.

    Quantities are published by day; people helped and value by month. A suppressed figure would tell about fewer than
    11 people or 3 merchants, alone or by subtraction. At most 400 days or 120 months. Figures of zones by day are shown
    to members and API clients of an organisation whose territory it is.
    """
    figures = await published.territory_figures(acts, code, asked, who)
    return _answer(figures.encode(), "application/json", who == published.VISITOR, if_none_match)


@router.get(
    "/territories/{code}/figures.csv",
    response_class=Response,
    responses=CSV_ANSWER | NOT_CHANGED | may_answer(TerritoryNotFound, FiguresPeriodInvalid),
    openapi_extra=OPTIONAL,
)
@also_at_kiosks
async def download_territory_figures(
    code: Code,
    acts: ActsDep,
    who: AnybodyOrClient,
    asked: DaysAsked,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Download the published figures of a territory as a table, under the Licence Ouverte 2.0."""
    figures = await published.territory_figures(acts, code, asked, who)
    return _answer(published.figures_csv(figures), CSV, who == published.VISITOR, if_none_match)


@router.get(
    "/territories/{code}/figures.geojson",
    response_class=Response,
    responses=GEOJSON_ANSWER | NOT_CHANGED | may_answer(TerritoryNotFound, FiguresPeriodInvalid, PartsUnknown),
    openapi_extra=OPTIONAL,
)
@also_at_kiosks
async def map_territory_figures(
    code: Code,
    acts: ActsDep,
    who: AnybodyOrClient,
    asked: MonthsAsked,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Download the published figures of a territory's parts for a map.

    By default the parts are the régions of France, the départements of a région, communes, and the arrondissements or
    zones of a commune.
    """
    chosen = asked.parts or await published.parts_below(acts, code)
    figures = await published.territory_figures(acts, code, replace(asked, parts=chosen), who)
    places = await acts.rows("parts_of", wanted=code, parts=chosen)
    shown = [dict(row) | {"geometry": row["geometry"] and json.loads(row["geometry"])} for row in places]
    return _answer(published.figures_geojson(figures, shown), GEOJSON, who == published.VISITOR, if_none_match)


@router.get("/territories/{code}/live", response_model=LiveFigures, responses=may_answer(TerritoryNotYours))
async def read_live_figures(code: Code, acts: ActsDep, who: MemberOrClient) -> Response:
    """Read what at least three merchants sell in the territory of your organisation right now, without free lots."""
    found = await published.live_figures(acts, code, who)
    return Response(found, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/admin/zones/{code}", responses=may_answer(TerritoryNotFound))
async def read_zones(code: Code, session: AsAdmin) -> ZonesOut:
    """Read the zones of a commune, now and from the following month on, as an admin."""
    return await zones.zones(session, code)


@drawing.put("/admin/zones/{code}", responses=may_answer(TerritoryNotFound, ZonesInvalid))
async def draw_zones(code: Code, wanted: ZonesIn, session: AsAdmin, database: DatabaseDep) -> ZonesOut:
    """Divide a commune into zones, as an admin: all of them at once, from the first of the following month on.

    Zones have no holes, do not overlap and have at most 2 000 points each. A shop belongs to the zone of its point;
    what lies outside is the rest of the commune. A zone keeps its figures under the same name. No zones: the commune is
    one.
    """
    return await zones.draw_zones(session, database.acts, code, wanted.zones)


def _answer(body: bytes, media_type: str, public: bool, if_none_match: str | None) -> Response:
    """Return an answer with its ETag, or that it is current. Published figures change at most once an hour."""
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300" if public else "private, no-cache",
        "Link": LICENCE_LINK,
        "Vary": "Authorization",
    }
    if unchanged(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
