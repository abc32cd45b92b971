"""Handing passes on, over HTTP. Showing one needs no sign-in."""

from uuid import UUID

from fastapi.responses import Response

from backend.database.sessions import ActsDep, SignedIn
from backend.handed_passes import actions
from backend.handed_passes.problems import HandedPassUnknown
from backend.handed_passes.schemas import HandedPassIn, HandedPassOut
from backend.http.idempotency import OnceDep
from backend.http.rate_limits import limited
from backend.http.routing import Router
from backend.problems.problem import may_answer
from backend.reservations.api import PASS_PROBLEMS, PassesDep
from backend.reservations.passes import svg
from backend.reservations.problems import ReservationNotFound
from backend.reservations.schemas import PassOut

router = Router(tags=["reservations"])

NOT_KEPT = {"Cache-Control": "no-store"}
SHOWN = limited("handed-passes", "60/minute")  # by address; nobody finds 256 random bits by trying


@router.post("/reservations/{reservation_id}/handed-pass", status_code=201, responses=PASS_PROBLEMS)
async def hand_pass(reservation_id: UUID, session: SignedIn, once: OnceDep) -> HandedPassOut:
    """Hand a pass to a friend or a helper.

    Anyone with the link can show the pass until the pickup window ends. There is one link at a time: an earlier link
    stops working, and the pass is renewed, because somebody has seen it.
    """
    return await once(session, actions.hand_pass(session, reservation_id), 201)


@router.delete("/reservations/{reservation_id}/handed-pass", status_code=204, responses=may_answer(ReservationNotFound))
async def take_back_pass(reservation_id: UUID, session: SignedIn) -> None:
    """Take back a pass that you handed on. Its link stops working, and the pass is renewed."""
    await actions.take_back(session, reservation_id)


@router.post("/handed-passes/show", responses=may_answer(HandedPassUnknown), dependencies=[SHOWN])
async def show_handed_pass(held: HandedPassIn, acts: ActsDep, passes: PassesDep, response: Response) -> PassOut:
    """Show a pass that was handed to you, as its holder sees it. Needs no sign-in."""
    response.headers.update(NOT_KEPT)
    return await actions.shown(acts, passes, held.token)


@router.post(
    "/handed-passes/show.svg",
    responses=may_answer(HandedPassUnknown) | {200: {"content": {"image/svg+xml": {"example": "<svg/>"}}}},
    response_class=Response,
    dependencies=[SHOWN],
)
async def show_handed_pass_svg(held: HandedPassIn, acts: ActsDep, passes: PassesDep) -> Response:
    """Read the QR code of a pass that was handed to you, as SVG. Needs no sign-in."""
    pass_ = await actions.shown(acts, passes, held.token)
    return Response(svg(pass_.qr), media_type="image/svg+xml", headers=NOT_KEPT)
