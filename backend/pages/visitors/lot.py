"""The page of a lot: what is in it, where and when it is collected, and the form to reserve it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.lots.models import Allergen
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.lot_cards import price_tag
from backend.pages.visit import Visit, own_path, route

MOST_AT_ONCE = 20
WHO_EATS = (None, "customer", "beneficiary")
"""The roles that reserve; None is a visitor, who signs in on the way."""
NOT_THERE_ANY_MORE = frozenset({404, 422})


async def lot(visit: Visit) -> Response:
    """Return the page of a lot that the visitor may see; otherwise the page that says that it is not there any more."""
    try:
        found = await visit.api.get(f"/v1/lots/{visit.parameters['lot_id']}")
    except Refused as refusal:
        if refusal.status not in NOT_THERE_ANY_MORE:
            raise
        return visit.page("visitors/lot_gone.html", 404)
    return lot_page(visit, found, Form())


def lot_page(visit: Visit, found: dict[str, Any], form: Form, status: int = 200) -> Response:
    """Return the page of a lot. form: what was typed into the form that reserves, or waits, and why it was refused."""
    can = _can(visit, found)
    return visit.page(
        "visitors/lot.html",
        status,
        lot=found,
        tag=price_tag,
        form=form,
        can=can,
        most=min(found["remaining"], MOST_AT_ONCE) if can == "reserve" else MOST_AT_ONCE,
        gives=can == "reserve" and found["kind"] == "discounted" and _role(visit) != "beneficiary",
        recipient="gift" if visit.query.get("for") == "gift" else "me",
        in_time=found["free_cancellation_until"] is not None
        and datetime.fromisoformat(found["free_cancellation_until"]) > datetime.now(UTC),
        present=[str(one) for one in Allergen if one in found["allergens"]],
        absent=[str(one) for one in Allergen if one not in found["allergens"]],
        back=came_from(visit),
    )


def came_from(visit: Visit) -> str:
    """Return the list that the visitor came from, with its place and filters; the first page if it was none."""
    before = urlsplit(visit.request.headers.get("referer", ""))
    if before.netloc != visit.request.headers.get("host") or before.path != "/":
        return "/"
    return own_path(f"/?{before.query}" if before.query else "/")


def _role(visit: Visit) -> str | None:
    return visit.session.role if visit.session else None


def _can(visit: Visit, found: dict[str, Any]) -> str | None:
    """Return what this visitor can do with a lot: `reserve`, `wait` or nothing."""
    over = datetime.fromisoformat(found["pickup_end"]) <= datetime.now(UTC)
    if over or found["status"] != "published" or _role(visit) not in WHO_EATS:
        return None
    return "reserve" if found["remaining"] else "wait"


routes: list[BaseRoute] = [route("/lots/{lot_id:uuid}", lot)]
