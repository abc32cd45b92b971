"""The counter over HTTP."""

import inspect
from typing import Annotated, cast

import limits
from fastapi import Header, Request
from fastapi.responses import Response

from backend.database.sessions import Database
from backend.http.hot_routes import HotRoutes
from backend.http.idempotency import LONGEST_KEY, IdempotencyMismatch, key_of, request_hash
from backend.http.rate_limits import client_address, spend
from backend.http.strict_json import read_body
from backend.identity.callers import caller, station_of
from backend.lots.problems import LotRecalled, PastUseBy
from backend.pickups import actions
from backend.pickups.problems import (
    PassAlreadyUsed,
    PassLocked,
    PassOutsideWindow,
    PassUnknown,
    PickupTimeRefused,
    WrongPin,
)
from backend.pickups.schemas import PickupIn, PickupOut
from backend.problems.common import NotAllowed
from backend.problems.problem import may_answer
from backend.reservations.passes import Passes
from backend.stations.problems import StationPaused

hot = HotRoutes(tags=["pickups"])

PICKUPS = limits.parse("300/minute")


async def pick_up(request: Request) -> Response:
    """Check a pass and hand over its portions, once: as whoever works at the shop's counter, or as its station.

    A station that had no network sends what it was shown later, with `shown_at`; the pass is used once all the same.
    A request sent again with the same Idempotency-Key gets the same answer, and a wrong PIN counts once.
    """
    station = station_of(request)
    account_id = await caller(request) if station is None else None
    # By address, in case somebody guesses with many accounts. The act limits guesses per account.
    await spend(request.scope, "pickups", PICKUPS, client_address(request.scope))
    key = key_of(request)
    shown = await read_body(request, PickupIn)
    state = request.app.state
    body = await actions.pick_up(
        cast(Database, state.database).acts,
        cast(Passes, state.passes),
        account_id,
        shown,
        key,
        request_hash(request, await request.body()) if key is not None else None,
        station=station,
    )
    return Response(body, media_type="application/json")


hot.add(
    "POST",
    "/pickups",
    pick_up,
    body=PickupIn,
    answer=PickupOut,
    signed_in=True,
    others=[
        inspect.Parameter(
            "idempotency_key",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                Header(
                    max_length=LONGEST_KEY, description="Your own name for this request; sent again, it happens once."
                ),
            ],
        ),
    ],
    responses=may_answer(
        NotAllowed,
        StationPaused,
        PassUnknown,
        WrongPin,
        PassLocked,
        PassAlreadyUsed,
        PassOutsideWindow,
        PastUseBy,
        LotRecalled,
        PickupTimeRefused,
        IdempotencyMismatch,
    ),
)
