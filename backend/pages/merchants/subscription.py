"""Premium: what it gives, what it costs, its state, and the way to Stripe's pages; and what only Premium has."""

from datetime import date, timedelta

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.merchants.figures import PERIODS
from backend.pages.merchants.workplace import at_shop
from backend.pages.visit import Visit, route
from backend.problems.common import PremiumNeeded

PATH = "/subscription"
GIVES = ("drafts", "items", "export", "monthly", "shops")
ICONS = {"drafts": "photo", "items": "chart", "export": "file", "monthly": "clock", "shops": "shop"}
ITEMS = 50


async def subscription(visit: Visit) -> Response:
    """Show what Premium gives and costs, its state, and the button that leads to Stripe."""
    found = await visit.api.get("/v1/subscriptions/me")
    return visit.page(
        "merchants/subscription.html",
        shop=None,
        back="/my-shops",
        help_role="merchant",
        found=found,
        gives=[(name, ICONS[name]) for name in GIVES],
        # Stripe's page leads back before its event has come.
        awaited=visit.query.get("subscribed") == "1" and not found["entitled"],
        runs=found["status"] not in ("none", "canceled", "incomplete_expired"),
    )


async def subscribe(visit: Visit) -> Response:
    """Go on to Stripe's page to subscribe."""
    page = await visit.api.post("/v1/subscriptions", None)
    return RedirectResponse(page["url"], 303)


async def manage(visit: Visit) -> Response:
    """Go on to Stripe's page to change the card or to end the subscription."""
    page = await visit.api.post("/v1/subscriptions/portal", None)
    return RedirectResponse(page["url"], 303)


async def items(visit: Visit) -> Response:
    """Show the figures of a shop by item, or Premium to who could subscribe to it."""
    place = await at_shop(visit, "reader")
    period = _period(visit)
    last = place.midnight(-1).date()
    first = last - timedelta(days=int(period) - 1)
    asked = {"from": first.isoformat(), "to": last.isoformat()}
    try:
        found = await visit.api.get(f"/v1/shops/{place.shop['id']}/figures/items", most=ITEMS, **asked)
    except Refused as refusal:
        return offer(visit, refusal)
    return place.page(
        visit,
        "merchants/items.html",
        found=found,
        first=first,
        last=last,
        period=period,
        periods=list(PERIODS),
        back=f"{place.path}/figures?days={period}",
    )


async def all_shops(visit: Visit) -> Response:
    """Show the figures of all shops with Premium on one page."""
    period = _period(visit)
    try:
        # The last day that is over at each of the shops.
        last = min(_day(one["to"]) for one in (await visit.api.get("/v1/me/shops/figures"))["shops"])
        asked = {"from": (last - timedelta(days=int(period) - 1)).isoformat(), "to": last.isoformat()}
        found = await visit.api.get("/v1/me/shops/figures", **asked)
    except Refused as refusal:
        return offer(visit, refusal)
    return visit.page(
        "merchants/all_shops.html",
        shop=None,
        back="/my-shops",
        help_role="merchant",
        found=found,
        first=_day(asked["from"]),
        last=_day(asked["to"]),
        period=period,
        periods=list(PERIODS),
    )


def offer(visit: Visit, refusal: Refused) -> Response:
    """Lead a merchant who lacks Premium to its page. Raises the refusal if it is another, or for anybody else."""
    if refusal.code != PremiumNeeded.code or visit.session is None or visit.session.role != "merchant":
        raise refusal
    return visit.to(PATH, "premium_needed")


def _period(visit: Visit) -> str:
    return visit.query["days"] if visit.query.get("days") in PERIODS else "28"


def _day(written: str) -> date:
    return date.fromisoformat(written)


routes: list[BaseRoute] = [
    route(PATH, subscription, needs="person"),
    route(PATH, subscribe, ["POST"], needs="person"),
    route(f"{PATH}/manage", manage, ["POST"], needs="person"),
    route("/my-shops/{shop_id:uuid}/figures/items", items, needs="person"),
    route("/my-shops/figures", all_shops, needs="person"),
]
