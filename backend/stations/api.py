"""Pickup stations over HTTP: an owner adds and revokes them, a device is paired and asks about itself."""

from uuid import UUID

import limits
from fastapi import Depends, Request, Response
from pydantic import TypeAdapter

from backend.accounts.api import not_kept
from backend.accounts.problems import TooManyTries
from backend.database.sessions import ActsDep, AsShopMember, caller_in
from backend.http.idempotency import OnceDep
from backend.http.paging import After, Limit, Page, cursor_key, page_of
from backend.http.rate_limits import client_address, spend
from backend.http.routing import Router
from backend.identity.callers import CallingStation, documented_sign_in
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.shops.problems import ShopNotFound
from backend.stations import actions, queries
from backend.stations.problems import StationNotFound, StationPaused, WrongPairingCode
from backend.stations.schemas import PairingIn, StationAdded, StationAtWork, StationIn, StationOut, StationPaired

router = Router(tags=["stations"])

ADDED = limits.parse("30/hour")
CURSOR = TypeAdapter(tuple[UUID])


@router.get("/shops/{shop_id}/stations", responses=may_answer(ShopNotFound, CursorInvalid))
async def list_stations(
    shop_id: UUID, session: AsShopMember, limit: Limit = 20, after: After = None
) -> Page[StationOut]:
    """List the devices at the counter of a shop that you own, in the order in which they were added."""
    beyond = cursor_key(after, CURSOR)[0] if after else None
    found = await queries.stations(session, shop_id, beyond, limit)
    return page_of(found, limit, lambda station: (station.id,))


@router.post("/shops/{shop_id}/stations", status_code=201, responses=may_answer(ShopNotFound))
async def add_station(
    shop_id: UUID, wanted: StationIn, request: Request, session: AsShopMember, once: OnceDep, response: Response
) -> StationAdded:
    """Add a device to the counter of a shop that you own, and get the code to pair it with.

    Type the code on the device within 5 minutes. It works once, and only while you own the shop.
    """
    await spend(request.scope, "stations", ADDED, str(caller_in(session)))
    return await once(session, actions.add_station(session, shop_id, wanted.name), 201, {"Cache-Control": "no-store"})


@router.get("/shops/{shop_id}/stations/{station_id}", responses=may_answer(ShopNotFound, StationNotFound))
async def read_station(shop_id: UUID, station_id: UUID, session: AsShopMember) -> StationOut:
    """Read one device at the counter of a shop that you own."""
    return await queries.station(session, shop_id, station_id)


@router.delete(
    "/shops/{shop_id}/stations/{station_id}", status_code=204, responses=may_answer(ShopNotFound, StationNotFound)
)
async def revoke_station(shop_id: UUID, station_id: UUID, session: AsShopMember) -> None:
    """Revoke a device at the counter of a shop that you own. It can do nothing from its next request on.

    A device that waits for its code is removed.
    """
    await actions.revoke_station(session, shop_id, station_id)


@router.post("/stations/pair", responses=may_answer(WrongPairingCode, TooManyTries), dependencies=[Depends(not_kept)])
async def pair_station(wanted: PairingIn, request: Request, acts: ActsDep) -> StationPaired:
    """Pair a device with the code that a shop's owner was shown, and get the token that it keeps.

    The token does two things: `POST /v1/pickups` at that shop, and `GET /v1/stations/me`. Everything else answers
    `station.not_here`. A wrong code, a used one and one whose 5 minutes are over get the same answer. After 20 wrong
    codes in fifteen minutes an address has to wait.
    """
    return await actions.pair(acts, wanted.pairing_code, client_address(request.scope))


@router.get("/stations/me", responses=may_answer(StationPaused), dependencies=[Depends(documented_sign_in)])
async def read_own_station(station: CallingStation, acts: ActsDep, response: Response) -> StationAtWork:
    """Read the name and the shop of the device that asks, and how many passes are still to come there today.

    The number tells nothing of kinds of lots. Only a station's token is accepted.
    """
    response.headers["Cache-Control"] = "no-store"
    return await queries.at_work(acts, station)
