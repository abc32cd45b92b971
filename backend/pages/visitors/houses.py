"""The pages of shops and of public associations, and the list of the associations."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.lot_cards import lot_cards
from backend.pages.visit import Visit, route
from backend.pages.visitors.search import LONGEST_PLACE

EATERS = ("customer", "beneficiary")
NEXT_LOTS = 12
A_PAGE = 20


async def shop(visit: Visit) -> Response:
    """Return the page of a shop that anyone may see."""
    shop_id = str(visit.parameters["shop_id"])
    found = await visit.api.get(f"/v1/shops/{shop_id}", lots=NEXT_LOTS)
    lots = [{**lot, "shop": found} for lot in found["next_lots"]]
    if "status" in found:  # its people and admins also see the lots that it offers to others only
        all_ = (await visit.api.get(f"/v1/shops/{shop_id}/lots", limit=50, status="published"))["data"]
        lots = sorted((lot for lot in all_ if lot["remaining"]), key=lambda lot: str(lot["pickup_start"]))[:NEXT_LOTS]
    return visit.page(
        "visitors/shop.html",
        shop=found,
        lots=lots,
        cards=lot_cards,
        favourite=await _is_favourite(visit, shop_id),
    )


async def keep_shop(visit: Visit) -> Response:
    """Add a shop to the person's favourites, or remove it."""
    form, shop_id = await visit.form(), visit.parameters["shop_id"]
    if form.value("favourite") == "yes":
        await visit.api.put(f"/v1/favourites/{shop_id}")
        return visit.to(f"/shops/{shop_id}", "favourite_kept")
    await visit.api.delete(f"/v1/favourites/{shop_id}")
    return visit.to(f"/shops/{shop_id}", "favourite_removed")


async def _is_favourite(visit: Visit, shop_id: str) -> bool | None:
    """Return whether the shop is a favourite of the signed-in person; None if their role has no favourites."""
    if visit.session is None or visit.session.role not in EATERS:
        return None
    after = None
    while True:
        kept = await visit.api.get("/v1/favourites", limit=100, after=after)
        if any(one["shop_id"] == shop_id for one in kept["data"]):
            return True
        if not kept["has_more"]:
            return False
        after = kept["next"]


async def associations(visit: Visit) -> Response:
    """Return the public associations: the nearest to a place, or all by name."""
    where = visit.query.get("where", "").strip()[:LONGEST_PLACE]
    place: dict[str, Any] | None = None
    if where:
        places = (await visit.api.get("/v1/places", q=where))["data"]
        place = next((one for one in places if one.get("latitude") is not None), None)
    near = f"{place['latitude']},{place['longitude']}" if place else None
    asked = {"near": near, "limit": A_PAGE, "after": visit.query.get("after")}
    try:
        found = await visit.api.get("/v1/associations", **asked)
    except Refused as refusal:
        if refusal.code != "cursor.invalid":
            raise
        return visit.to("/associations")
    return visit.page("visitors/associations.html", where=where, place=place, found=found)


async def association(visit: Visit) -> Response:
    """Return the page of a public association."""
    found = await visit.api.get(f"/v1/associations/{visit.parameters['association_id']}")
    return visit.page("visitors/association.html", association=found)


routes: list[BaseRoute] = [
    route("/shops/{shop_id:uuid}", shop),
    route("/shops/{shop_id:uuid}/favourite", keep_shop, ["POST"], needs="person", roles=EATERS),
    route("/associations", associations),
    route("/associations/{association_id:uuid}", association),
]
