"""Collectors' profiles, plans of tours, and tours over HTTP."""

import json
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.associations.problems import WHICH
from backend.database.sessions import SignedIn, call, caller_in, signed_in_as
from backend.http.etags import IfMatch, etag
from backend.http.idempotency import OnceDep
from backend.http.routing import Router
from backend.identity.tokens import Role
from backend.problems.common import PreconditionFailed, TryAgain
from backend.problems.problem import may_answer
from backend.shops.opening_hours import stored_hours
from backend.tours.building import places_of
from backend.tours.distances import road_metres
from backend.tours.models import CollectorProfile
from backend.tours.problems import TourNotFound
from backend.tours.problems_of_planning import (
    AnotherTourUnderWay,
    CollectorOutsideTerritory,
    CollectorProfileNotFound,
    PlanDayOutOfRange,
    PlanNotFound,
    PlanRunning,
    TourAtTheSameTime,
    TourBegun,
    TourEmpty,
    TourNotAccepted,
    TourNotBegun,
    TourNotOpen,
    TourOrderBroken,
    TourOrderUnknown,
    TourOver,
    TourStopsAhead,
)
from backend.tours.reordering import OrderUnknown, TourRead, reordered
from backend.tours.schemas import (
    CloseIn,
    NearbyOut,
    OrderIn,
    PlanAsked,
    PlanIn,
    PlanOut,
    ProfileIn,
    ProfileOut,
    ReasonIn,
    TourPage,
    ToursOut,
)

router = Router(tags=["tours"])

AsCollector = Annotated[AsyncSession, signed_in_as(Role.COLLECTOR)]
AsOperator = Annotated[AsyncSession, signed_in_as(Role.ASSOCIATION, Role.ADMIN, or_member_of="association_staff")]
"""A session of a person who plans tours: an admin, or an owner or staff of an association, for what it receives."""


@router.get("/collectors/me", responses=may_answer(CollectorProfileNotFound))
async def read_collector_profile(session: AsCollector, response: Response) -> ProfileOut:
    """Read what you drive, when and where."""
    asked = select(CollectorProfile).where(col(CollectorProfile.collector_id) == caller_in(session))
    found = (await session.execute(asked)).scalar_one_or_none()
    if found is None:
        raise CollectorProfileNotFound
    response.headers["ETag"] = etag(found.version)
    response.headers["Cache-Control"] = "no-store"
    return ProfileOut.model_validate(found)


@router.put("/collectors/me", responses=may_answer(CollectorOutsideTerritory, PreconditionFailed))
async def keep_collector_profile(
    wanted: ProfileIn, session: AsCollector, if_match: IfMatch, response: Response
) -> ProfileOut:
    """Say what you drive, when and where. Tours are planned for you once an admin has verified you."""
    values = wanted.model_dump(mode="json") | {"hours": stored_hours(wanted.hours)}
    version = await call(session, "keep_collector_profile", wanted=json.dumps(values), versions=if_match)
    if version is None:
        raise PreconditionFailed
    response.headers["ETag"] = etag(version)
    response.headers["Cache-Control"] = "no-store"
    return ProfileOut.model_validate(wanted.model_dump())


@router.get("/collectors/me/open-collections", responses=may_answer(CollectorProfileNotFound))
async def list_open_collections(session: AsCollector, response: Response) -> NearbyOut:
    """List the collections in your area that wait for a tour and that your vehicle can carry.

    They are put into tours by whoever plans these. The list is empty until an admin has verified you.
    """
    response.headers["Cache-Control"] = "no-store"
    found = _as_bytes(await call(session, "collections_near_me"))
    return NearbyOut.model_validate_json(b'{"data":' + found + b"}")


@router.post("/tours/plan", status_code=202, responses=may_answer(*WHICH, PlanDayOutOfRange, PlanRunning))
async def plan_tours(wanted: PlanIn, session: AsOperator, once: OnceDep) -> PlanAsked:
    """Plan the tours of a day: of what comes to your association, or as an admin of everything that was accepted.

    The tours are proposed to collectors. Those that you proposed earlier for that day are replaced; accepted ones stay.
    """

    async def asked() -> PlanAsked:
        return PlanAsked(id=await call(session, "ask_plan", day=wanted.day, seconds=wanted.effort))

    return await once(session, asked(), 202)


@router.get("/tours/plans/{plan_id}", responses=may_answer(PlanNotFound))
async def read_plan(plan_id: UUID, session: SignedIn, response: Response) -> PlanOut:
    """Read how far a plan is, and once it is done, what is in no tour and why."""
    found = await call(session, "plan_seen", plan=plan_id)
    if found is None:
        raise PlanNotFound
    response.headers["Cache-Control"] = "no-store"
    return PlanOut.model_validate_json(_as_bytes(found))


@router.get("/tours")
async def list_tours(
    session: SignedIn,
    response: Response,
    day: Annotated[date, Query(description="As counted by whoever planned them.", examples=["2026-11-29"])],
    days: Annotated[int, Query(ge=1, le=31, description="How many days from this one on.")] = 1,
    mine: Annotated[bool, Query(description="Only tours that you drive or were offered.")] = False,
    stops: Annotated[bool, Query(description="Also the stops of each tour.")] = False,
) -> ToursOut:
    """List the tours of one or more days: yours, your association's, and to verified collectors those open to all."""
    response.headers["Cache-Control"] = "no-store"
    found = _as_bytes(await call(session, "tours_on", day=day, days=days, mine=mine, stops=stops))
    return ToursOut.model_validate_json(b'{"data":' + found + b"}")


@router.get("/tours/{tour_id}", responses=may_answer(TourNotFound))
async def read_tour(tour_id: UUID, session: SignedIn, response: Response) -> TourPage:
    """Read a tour with its stops in order, and what is to be taken and left there."""
    return await _page(session, tour_id, response)


@router.post(
    "/tours/{tour_id}/accept",
    responses=may_answer(TourNotFound, TourNotOpen, TourOver, TourEmpty, TourAtTheSameTime, TryAgain),
)
async def accept_tour(tour_id: UUID, session: AsCollector, response: Response) -> TourPage:
    """Accept a tour that you were offered, or take one that is open. Its collections are then scheduled."""
    await call(session, "accept_tour", tour=tour_id)
    return await _page(session, tour_id, response)


@router.post("/tours/{tour_id}/decline", status_code=204, responses=may_answer(TourNotFound, TourBegun, TryAgain))
async def decline_tour(tour_id: UUID, wanted: ReasonIn, session: AsCollector) -> None:
    """Decline a tour that you were offered, or drop out before it begins: it is then open to other collectors."""
    await call(session, "decline_tour", tour=tour_id, why=wanted.reason)


@router.post(
    "/tours/{tour_id}/start", responses=may_answer(TourNotFound, TourNotAccepted, AnotherTourUnderWay, TryAgain)
)
async def start_tour(tour_id: UUID, session: AsCollector, response: Response) -> TourPage:
    """Start a tour that you accepted. You drive one at a time."""
    await call(session, "start_tour", tour=tour_id)
    return await _page(session, tour_id, response)


@router.post("/tours/{tour_id}/close", responses=may_answer(TourNotFound, TourNotBegun, TourStopsAhead, TryAgain))
async def close_tour(tour_id: UUID, wanted: CloseIn, session: SignedIn, response: Response) -> TourPage:
    """Close a tour whose stops are all over, and say how far you drove."""
    await call(session, "close_tour", tour=tour_id, driven=wanted.driven_metres)
    return await _page(session, tour_id, response)


@router.post("/tours/{tour_id}/cancel", status_code=204, responses=may_answer(TourNotFound, TourBegun, TryAgain))
async def cancel_tour(tour_id: UUID, wanted: ReasonIn, session: SignedIn) -> None:
    """Cancel a tour that your association planned, before it begins. Its collections wait for another one."""
    await call(session, "cancel_tour", tour=tour_id, why=wanted.reason)


@router.put(
    "/tours/{tour_id}/order",
    responses=may_answer(TourNotFound, TourBegun, TourOrderUnknown, TourOrderBroken, TryAgain),
)
async def reorder_tour(tour_id: UUID, wanted: OrderIn, session: SignedIn, response: Response) -> TourPage:
    """Put the stops of a tour in another order, before it begins.

    An order that cannot be driven is refused, with the rules that it breaks: windows, loads, chilled food, your hours.
    """
    read = TourRead.model_validate_json(_as_bytes(await call(session, "tour_to_reorder", tour=tour_id)))
    # Great circles only: no transaction is open while a server is asked, and this one stays open.
    metres = await road_metres(places_of(read.day), read.day.road_factor, None)
    try:
        found = reordered(read, wanted.order, metres)
    except OrderUnknown as unknown:
        raise TourOrderUnknown from unknown
    if found.row is None:
        raise TourOrderBroken(broken=found.broken)
    await call(session, "reorder_tour", tour=tour_id, version=read.version, made=json.dumps(found.row))
    return await _page(session, tour_id, response)


async def _page(session: AsyncSession, tour_id: UUID, response: Response) -> TourPage:
    found = await call(session, "tour_page", tour=tour_id)
    if found is None:
        raise TourNotFound
    page = TourPage.model_validate_json(_as_bytes(found))
    response.headers["ETag"] = etag(page.version)
    response.headers["Cache-Control"] = "no-store"
    return page


def _as_bytes(answer: Any) -> bytes:
    """Return JSON of the database as bytes, whichever connection it came over."""
    if isinstance(answer, bytes):
        return answer
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
