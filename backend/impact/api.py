"""Impact over HTTP."""

from uuid import UUID

from fastapi import Request, Response

from backend.database.sessions import ActsDep, AsShopMember, SignedIn
from backend.http.routing import Router
from backend.impact import queries
from backend.impact.schemas import ImpactOut, MethodOut, SeriesOut
from backend.problems.problem import language_of, may_answer
from backend.shops.problems import ShopNotFound

router = Router(tags=["impact"])


@router.get("/impact", response_model=ImpactOut)
async def read_impact(acts: ActsDep) -> Response:
    """Read what all handovers saved.

    CO₂e is an estimate, by the method that is named. Money and people helped are counted up to the last midnight in
    Paris, people in whole groups of eleven.
    """
    figures = await queries.public_impact_json(acts)
    return Response(figures, media_type="application/json", headers={"Cache-Control": "no-cache"})


@router.get("/impact/series")
async def read_impact_series(acts: ActsDep, response: Response) -> SeriesOut:
    """Read what the whole platform saved, month by month.

    A month appears when it is over, and does not change any more. At least 11 people and 3 shops stand behind each
    period, and none of them has more than 85 % of its food; smaller months are added to the next one.
    """
    response.headers["Cache-Control"] = "public, max-age=300"
    return await queries.impact_series(acts)


@router.get("/impact/method")
async def read_impact_method(acts: ActsDep, request: Request, response: Response) -> MethodOut:
    """Read how impact is computed: factors with their sources and history, and what is not counted."""
    response.headers.update({"Cache-Control": "public, max-age=300", "Vary": "Accept-Language"})
    return await queries.impact_method(acts, language_of(request.scope))


@router.get("/impact/me")
async def read_own_impact(session: SignedIn) -> ImpactOut:
    """Read what your own pickups saved."""
    return await queries.own_impact(session)


@router.get("/impact/shops/{shop_id}", responses=may_answer(ShopNotFound))
async def read_shop_impact(shop_id: UUID, session: AsShopMember) -> ImpactOut:
    """Read what the handovers of your shop saved.

    The value is computed from its lots' prices. Money and people helped are counted up to the last midnight where the
    shop is, people in whole groups of eleven. The value of a lot that became free counts from the midnight after its
    pickup window.
    """
    return await queries.shop_impact(session, shop_id)
