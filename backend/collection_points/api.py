"""Collection points over HTTP: the map, depots and relays, how full a point is, and when it will be due."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from backend.associations.problems import WHICH
from backend.collection_points import actions, queries
from backend.collection_points.models import PointKind
from backend.collection_points.problems import (
    BoxInvalid,
    CollectionPointFollows,
    CollectionPointInUse,
    CollectionPointNotFound,
    CollectionPointOutsideTerritory,
)
from backend.collection_points.schemas import (
    FillIn,
    ForecastOut,
    PointAdded,
    PointEdit,
    PointIn,
    PointOut,
    PointsOnMap,
)
from backend.database.sessions import SignedIn, signed_in_as
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import PreconditionFailed
from backend.problems.problem import may_answer

router = Router(tags=["collection points"])


class GeoJson(JSONResponse):
    """JSON by RFC 7946, for the description of the route."""

    media_type = "application/geo+json"


AsKeeper = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION, Role.ADMIN, or_member_of="association_staff")]
"""A session of a person who may add depots: an admin, or an owner or staff of an association."""

Box = Annotated[
    str,
    Query(
        max_length=120,
        pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,20})?(,-?[0-9]{1,3}(\.[0-9]{1,20})?){3}$",
        description="West, south, east, north in degrees (WGS 84).",
        examples=["7.68,48.53,7.84,48.62"],
    ),
]
Zoom = Annotated[int, Query(ge=0, le=20, description="Of the map: how far apart points are counted together.")]
Kinds = Annotated[list[PointKind] | None, Query(description="Only these kinds; by default, all.", max_length=4)]


@router.get("/collection-points", response_model=PointsOnMap, response_class=GeoJson, responses=may_answer(BoxInvalid))
async def map_collection_points(session: SignedIn, bbox: Box, zoom: Zoom = 12, kind: Kinds = None) -> Response:
    """List the collection points in a part of the map, as GeoJSON.

    Where there are more than 300, they are counted by cells of the map, and each feature stands for several. Shops are
    there once verified, associations if they are public, depots and relays until they close. For merchants, collectors,
    associations and admins.
    """
    west, south, east, north = (float(degrees) for degrees in bbox.split(","))
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise BoxInvalid
    found = await queries.points_in(session, (west, south, east, north), zoom, list(kind or PointKind))
    return Response(found, media_type=GeoJson.media_type, headers={"Cache-Control": "private, max-age=60"})


@router.post("/collection-points", status_code=201, responses=may_answer(*WHICH, CollectionPointOutsideTerritory))
async def add_collection_point(wanted: PointIn, session: AsKeeper, once: OnceDep) -> PointAdded:
    """Add a depot or a relay point, for your association, or for the platform as an admin."""
    return await once(session, actions.add_point(session, wanted), 201)


@router.get("/collection-points/{point_id}", responses=may_answer(CollectionPointNotFound))
async def read_collection_point(point_id: UUID, session: SignedIn, response: Response) -> PointOut:
    """Read a collection point: where you work, or where one of your collections comes from or goes to."""
    found, version = await queries.point(session, point_id)
    response.headers["ETag"] = etag(version)
    response.headers["Cache-Control"] = "no-store"
    return found


@router.patch(
    "/collection-points/{point_id}",
    responses=may_answer(
        CollectionPointNotFound, CollectionPointFollows, CollectionPointOutsideTerritory, PreconditionFailed
    ),
)
async def edit_collection_point(
    point_id: UUID, wanted: PointEdit, session: SignedIn, if_match: IfMatch, response: Response
) -> PointOut:
    """Change a collection point where you are owner or staff: access, contacts, what fits in."""
    await actions.edit_point(session, point_id, wanted, if_match)
    found, version = await queries.point(session, point_id)
    response.headers["ETag"] = etag(version)
    response.headers["Cache-Control"] = "no-store"
    return found


@router.delete(
    "/collection-points/{point_id}",
    status_code=204,
    responses=may_answer(CollectionPointNotFound, CollectionPointFollows, CollectionPointInUse),
)
async def close_collection_point(point_id: UUID, session: SignedIn) -> None:
    """Close a depot or a relay point that your association keeps."""
    await actions.close_point(session, point_id)


@router.post("/collection-points/{point_id}/reports", status_code=204, responses=may_answer(CollectionPointNotFound))
async def report_collection_point(point_id: UUID, wanted: FillIn, session: SignedIn, once: OnceDep) -> None:
    """Report how full the containers of a point are, where you are owner or staff."""
    return await once(session, actions.report_point(session, point_id, wanted.percent), 204)


@router.get("/collection-points/{point_id}/forecast", responses=may_answer(CollectionPointNotFound))
async def forecast_collection_point(point_id: UUID, session: SignedIn, response: Response) -> ForecastOut:
    """Read when the next collection at a point will be due, by which method, and how wrong that was in the past."""
    response.headers["Cache-Control"] = "no-store"
    return await queries.forecast_of(session, point_id)
