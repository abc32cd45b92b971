"""The counter over HTTP."""

from typing import cast

from fastapi import Request
from fastapi.responses import Response

from backend.common_facts import NotAllowed
from backend.db import Database
from backend.errors import problems
from backend.identity import caller
from backend.lots.facts import PastUseBy
from backend.pickups import actions
from backend.pickups.facts import PassAlreadyUsed, PassLocked, PassOutsideWindow, PassUnknown, WrongPin
from backend.pickups.schemas import PickupIn, PickupOut
from backend.reservations.passes import Passes
from backend.routing import HotRoutes
from backend.strict_json import read_body

hot = HotRoutes(tags=["pickups"])


async def pick_up(request: Request) -> Response:
    """Check a pass and hand its portions over. A pass works once, so sending this twice hands over once."""
    account_id = await caller(request)
    shown = await read_body(request, PickupIn)
    state = request.app.state
    body = await actions.pick_up(cast(Database, state.database).acts, cast(Passes, state.passes), account_id, shown)
    return Response(body, media_type="application/json")


hot.add(
    "POST",
    "/pickups",
    pick_up,
    body=PickupIn,
    answer=PickupOut,
    signed_in=True,
    responses=problems(NotAllowed, PassUnknown, WrongPin, PassLocked, PassAlreadyUsed, PassOutsideWindow, PastUseBy),
)
