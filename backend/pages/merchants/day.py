"""The day of a shop: what to hand over, what is on offer later, and what is to do."""

from datetime import datetime
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.merchants.workplace import STRANGERS, Workplace, at_shop, workplace_of
from backend.pages.visit import Visit, route

ORDER = {"running": 0, "paused": 1, "later": 2, "done": 3}
# The icon of what is to do, and where it is done.
TO_DO = {
    "report": ("bell-alert", "/reports/{id}"),
    "recurring": ("clock", "/recurring/{id}"),
    "agreement": ("page", "/agreements"),
    "draft": ("photo", "/lots/{id}/edit"),
}


async def day(visit: Visit) -> Response:
    """Return the page. Whoever only reads figures goes on to these."""
    try:
        found = await visit.api.get(f"/v1/shops/{visit.parameters['shop_id']}/day")
    except Refused as refusal:
        if refusal.code not in STRANGERS:
            raise
        place = await at_shop(visit, "reader", whole=False)
        return RedirectResponse(f"{place.path}/figures", 303)
    place = workplace_of(found["shop"], "staff")
    ends, now = place.midnight(1), datetime.now(place.zone)
    lots = [counted(lot, now) for lot in found["lots"]]
    today = [one for one in lots if _moment(one["lot"]["pickup_start"]) < ends]
    today.sort(key=lambda pickup: ORDER[pickup["state"]])
    later = [one for one in lots if _moment(one["lot"]["pickup_start"]) >= ends]
    standing = [place.role, *(place.shop[name] for name in ("name", "status", "paused_at", "to_correct"))]
    if same := visit.unchanged(now.date(), standing, today, later, found["to_do"]):
        return same
    return place.page(
        visit,
        "merchants/day.html",
        today=today,
        later=later,
        tasks=_tasks(visit, place, found["to_do"]),
        week=found["week"],
        day=now,
    )


async def resume(visit: Visit) -> Response:
    """Offer the shop's lots again, after reports of a closed door paused them."""
    place = await at_shop(visit, "owner")
    await visit.api.post(f"/v1/shops/{place.shop['id']}/resume")
    return visit.to(place.path, "shop_resumed")


def counted(lot: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return a lot of the day with its state and its portions: handed over, awaited, left, and reported late."""
    if lot["status"] == "ended" or _moment(lot["pickup_end"]) <= now:
        state = "done"
    elif lot["status"] == "paused":
        state = "paused"
    else:
        state = "running" if _moment(lot["pickup_start"]) <= now else "later"
    return {
        "lot": lot,
        "state": state,
        "handed": lot["handed"],
        "awaited": lot["awaited"],
        "left": lot["remaining"] if state != "done" else lot["quantity"] - lot["handed"] - lot["awaited"],
        "late": sum(one["quantity"] for one in lot["late"]),
    }


def _tasks(visit: Visit, place: Workplace, to_do: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what waits for somebody here: an icon, the words and where to do it."""
    tasks = []
    for one in to_do:
        icon, path = TO_DO[one["kind"]]
        words = visit.t(f"my_day.{one['kind']}", title=one["title"])
        tasks.append({"icon": icon, "words": words, "path": place.path + path.format(id=one["id"])})
    if place.may("owner") and place.shop["to_correct"]:
        tasks.append({"icon": "pin", "words": visit.t("my_day.address"), "path": f"{place.path}/settings/address"})
    return tasks


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}", day, needs="person"),
    route("/my-shops/{shop_id:uuid}/resume", resume, ["POST"], needs="person"),
]
