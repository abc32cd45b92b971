"""Find lots near a place. This is the hot read: the database makes the JSON, and Python passes its bytes on."""

import re
from enum import StrEnum
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from backend.database.acts import Acts
from backend.http.hot_routes import HotRoutes
from backend.http.paging import LONGEST_CURSOR, Page
from backend.http.rate_limits import client_address
from backend.http.schemas import TimeAsked
from backend.http.strict_json import read_query
from backend.identity.callers import also_at_kiosks, caller_or_nobody
from backend.lots.models import Allergen, Kind
from backend.lots.schemas import LotNear
from backend.places.near import Near, degrees
from backend.places.problems import OnePlaceNeeded, PlaceUnknown
from backend.places.queries import point_of, point_of_commune
from backend.problems.common import CursorInvalid
from backend.problems.problem import may_answer
from backend.shops.communes import InseeCode
from backend.shops.models import Category

hot = HotRoutes(tags=["lots"])

# The order, unless it is by distance, the key in this order, and the id of a page's last lot.
_CURSOR = re.compile(r"(?:(price|pickup):)?([0-9.e+-]{1,30}) ([0-9a-f-]{36})")
NOTHING_BEFORE = (-1.0, UUID(int=0))
NOTHING_FOUND = b'{"data":[]'


class Sort(StrEnum):
    """The order of the lots found."""

    DISTANCE = "distance"
    PRICE = "price"
    PICKUP = "pickup"


class LotsNearQuery(BaseModel):
    """The place and the filters of a search. An unknown filter is refused: to ignore it would show too many lots."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    near: Near | None = Field(
        default=None,
        description="latitude,longitude in degrees (WGS 84); rounded to 7 decimals. One of `near`, `place` and `insee`"
        " is needed.",
        examples=["48.5734,7.7521"],
    )
    place: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The search starts from the centre of the first commune that `GET /places` finds.",
        examples=[None],
    )
    insee: InseeCode | None = Field(
        default=None, description="The search starts from the centre of the commune with this code.", examples=[None]
    )
    radius_km: float = Field(default=5, gt=0, le=100, examples=[5])
    kind: Kind | None = Field(default=None, examples=["discounted"])
    category: Category | None = Field(default=None, examples=["bakery"])
    min_price_cents: int | None = Field(default=None, ge=0, le=1_000_000, examples=[None])
    max_price_cents: int | None = Field(default=None, ge=0, le=1_000_000, examples=[500])
    pickup_after: TimeAsked | None = Field(
        default=None, description="The pickup window ends after this.", examples=["2026-11-22T17:00:00+01:00"]
    )
    pickup_before: TimeAsked | None = Field(
        default=None, description="The pickup window begins before this.", examples=["2026-11-22T20:00:00+01:00"]
    )
    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Words that must all occur in the title or description, in any order; accents, capitals and most"
        " endings do not matter. Quotation marks hold a phrase; a minus in front excludes a word or a phrase.",
        examples=["pain"],
    )
    without_allergens: str | None = Field(
        default=None, max_length=200, description="Allergens to avoid, separated by commas.", examples=["gluten,nuts"]
    )
    quantity: int | None = Field(
        default=None, ge=1, le=1000, description="At least so many portions are left.", examples=[None]
    )
    open_now: bool = Field(default=False, description="true: the pickup window is open now.", examples=[False])
    sort: Sort = Field(
        default=Sort.DISTANCE,
        description="Nearest, cheapest or earliest pickup first. Send `after` with the order that its page had.",
        examples=["distance"],
    )
    limit: int = Field(default=20, ge=1, le=100, examples=[20])
    after: str | None = Field(default=None, max_length=LONGEST_CURSOR, examples=[None])

    @field_validator("without_allergens")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None:
            for name in value.split(","):
                Allergen(name.strip())
        return value


async def lots_near_json(acts: Acts, caller: UUID | None, asked: LotsNearQuery, start: tuple[float, float]) -> bytes:
    """Return a page of published lots as JSON. Free lots are shown to current beneficiaries only.

    start: latitude and longitude. Raises CursorInvalid.
    """
    latitude, longitude = start
    after_distance, after_id = _key(asked.after, asked.sort) if asked.after else NOTHING_BEFORE
    unwanted = [name.strip() for name in asked.without_allergens.split(",")] if asked.without_allergens else None
    if asked.sort is Sort.DISTANCE and asked.min_price_cents is None and asked.quantity is None and not asked.open_now:
        page: bytes = await acts.value(
            "lots_near",
            caller=caller,
            latitude=latitude,
            longitude=longitude,
            radius_m=asked.radius_km * 1000,
            wanted_kind=asked.kind,
            wanted_category=asked.category,
            max_price=asked.max_price_cents,
            collect_after=asked.pickup_after,
            collect_before=asked.pickup_before,
            search_words=asked.q,
            unwanted_allergens=unwanted,
            after_distance=after_distance,
            after_id=after_id,
            page_size=asked.limit,
        )
        return page
    sorted_page: bytes = await acts.value(
        "lots_sorted",
        caller=caller,
        latitude=latitude,
        longitude=longitude,
        radius_m=asked.radius_km * 1000,
        wanted_kind=asked.kind,
        wanted_category=asked.category,
        min_price=asked.min_price_cents,
        max_price=asked.max_price_cents,
        portions=asked.quantity,
        only_open=asked.open_now,
        collect_after=asked.pickup_after,
        collect_before=asked.pickup_before,
        search_words=asked.q,
        unwanted_allergens=unwanted,
        sort_by=asked.sort,
        after_key=after_distance,
        after_id=after_id,
        page_size=asked.limit,
    )
    return sorted_page


async def _start(acts: Acts, asked: LotsNearQuery) -> tuple[float, float]:
    """Return latitude and longitude of where to search. Only `place` and `insee` need a statement of their own.

    Raises PlaceUnknown, OnePlaceNeeded.
    """
    if sum(start is not None for start in (asked.near, asked.place, asked.insee)) != 1:
        raise OnePlaceNeeded
    if asked.near is not None:
        return degrees(asked.near)
    if asked.insee is not None:
        return await point_of_commune(acts, asked.insee)
    return await point_of(acts, asked.place or "")


def _key(after: str, sort: Sort) -> tuple[float, UUID]:
    """Return the key and the id of the last lot of the page before. Raises CursorInvalid, also for another order's."""
    try:
        found = _CURSOR.fullmatch(bytes.fromhex(after).decode("ascii"))
        if found is None or (found[1] or Sort.DISTANCE) != sort:
            raise CursorInvalid
        return float(found[2]), UUID(found[3])
    except ValueError:
        raise CursorInvalid from None


@also_at_kiosks
async def lots_near(request: Request) -> Response:
    """Find lots near a place, nearest first or in another order.

    Anybody sees discounted lots; verified beneficiaries also see free ones.
    """
    account_id = await caller_or_nobody(request)
    asked = read_query(request, LotsNearQuery)
    acts: Acts = request.app.state.database.acts
    start = await _start(acts, asked)
    body = await lots_near_json(acts, account_id, asked, start)
    if asked.after is None and body.startswith(NOTHING_FOUND):
        account = None if account_id is None else str(account_id)
        request.app.state.unfound.note(client_address(request.scope), account, *start)
    return Response(body, media_type="application/json")


hot.add(
    "GET",
    "/lots",
    lots_near,
    query=LotsNearQuery,
    answer=Page[LotNear],
    signed_in=None,
    responses=may_answer(CursorInvalid, OnePlaceNeeded, PlaceUnknown),
)
