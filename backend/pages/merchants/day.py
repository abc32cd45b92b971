"""The day of a shop: what to hand over, what is on offer later, and what is to do."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.merchants.workplace import MOST, Workplace, at_shop
from backend.pages.visit import Visit, route

MOST_PAGES = 10
"""Pages of reservations that are counted: a day of 1 000."""
SHOWN = frozenset({"published", "paused", "ended"})


async def day(visit: Visit) -> Response:
    """Return the page. Whoever only reads figures goes on to these."""
    place = await at_shop(visit, "reader")
    if not place.may("staff"):
        return RedirectResponse(f"{place.path}/figures", 303)
    begins, ends = place.midnight(), place.midnight(1)
    found, counts, tasks, figures = await asyncio.gather(
        visit.api.get(f"/v1/shops/{place.shop['id']}/lots", limit=MOST),
        reserved_since(visit, place, begins),
        _tasks(visit, place),
        _week(visit, place),
    )
    lots = found["data"]
    shown = [lot for lot in lots if lot["status"] in SHOWN and _moment(lot["pickup_end"]) > begins]
    shown.sort(key=lambda lot: (_moment(lot["pickup_start"]), lot["id"]))
    now = datetime.now(place.zone)
    today = [counted(lot, counts, now) for lot in shown if _moment(lot["pickup_start"]) < ends]
    order = {"running": 0, "paused": 1, "later": 2, "done": 3}
    today.sort(key=lambda pickup: order[pickup["state"]])
    return place.page(
        visit,
        "merchants/day.html",
        today=today,
        later=[counted(lot, counts, now) for lot in shown if _moment(lot["pickup_start"]) >= ends],
        tasks=[*tasks, *_drafts(visit, place, lots)],
        figures=figures,
        day=now,
    )


async def resume(visit: Visit) -> Response:
    """Offer the shop's lots again, after reports of a closed door paused them."""
    place = await at_shop(visit, "owner")
    await visit.api.post(f"/v1/shops/{place.shop['id']}/resume")
    return visit.to(place.path, "shop_resumed")


async def reserved_since(
    visit: Visit, place: Workplace, since: datetime, lot: str | None = None
) -> dict[str, Counter[str]]:
    """Return how many portions of each lot are reserved, by status, for lots whose window is not over by then.

    lot: count only this one.
    """
    found: dict[str, Counter[str]] = {}
    after = None
    for _ in range(MOST_PAGES):
        page = await visit.api.get(
            "/v1/reservations",
            **{"shop": place.shop["id"], "lot": lot, "from": since.isoformat(), "limit": MOST, "after": after},
        )
        for one in page["data"]:
            found.setdefault(one["lot_id"], Counter())[one["status"]] += one["quantity"]
        after = page["next"]
        if not page["has_more"]:
            break
    return found


def counted(lot: dict[str, Any], counts: dict[str, Counter[str]], now: datetime) -> dict[str, Any]:
    """Return a lot with its state and its portions: handed over, awaited and left."""
    count = counts.get(lot["id"], Counter())
    if lot["status"] == "ended" or _moment(lot["pickup_end"]) <= now:
        state = "done"
    elif lot["status"] == "paused":
        state = "paused"
    else:
        state = "running" if _moment(lot["pickup_start"]) <= now else "later"
    handed, awaited = count["picked_up"], count["confirmed"]
    return {
        "lot": lot,
        "state": state,
        "handed": handed,
        "awaited": awaited,
        "left": lot["remaining"] if state != "done" else lot["quantity"] - handed - awaited,
    }


def _drafts(visit: Visit, place: Workplace, lots: list[dict[str, Any]]) -> list[dict[str, str]]:
    drafts = [lot for lot in lots if lot["status"] == "draft"]
    return [
        {
            "icon": "photo",
            "words": visit.t("my_day.draft", title=lot["title"]),
            "path": f"{place.path}/lots/{lot['id']}/edit",
        }
        for lot in drafts
    ]


async def _tasks(visit: Visit, place: Workplace) -> list[dict[str, str]]:
    """Return what waits for somebody here besides drafts: an icon, the words and where to do it."""
    tasks = []
    reports = await visit.api.get("/v1/problem-reports", shop=place.shop["id"], status="open", limit=MOST)
    for one in reports["data"]:
        words = visit.t("my_day.report", title=one["title"])
        tasks.append({"icon": "bell-alert", "words": words, "path": f"{place.path}/reports/{one['id']}"})
    listings = await visit.api.get(f"/v1/shops/{place.shop['id']}/recurring-listings", limit=MOST)
    for one in listings["data"]:
        if one["last_problem"] and one["active"]:
            words = visit.t("my_day.recurring", title=one["title"])
            tasks.append({"icon": "clock", "words": words, "path": f"{place.path}/recurring/{one['id']}"})
    if place.may("owner"):
        proposed = await visit.api.get("/v1/agreements", shop_id=place.shop["id"], status="proposed", limit=MOST)
        for one in proposed["data"]:
            words = visit.t("my_day.agreement", association=one["association"]["name"])
            tasks.append({"icon": "page", "words": words, "path": f"{place.path}/agreements"})
        if place.shop["to_correct"]:
            words = visit.t("my_day.address")
            tasks.append({"icon": "pin", "words": words, "path": f"{place.path}/settings/address"})
    return tasks


async def _week(visit: Visit, place: Workplace) -> Any:
    """Return the figures of the last seven days, or None if they cannot be read now."""
    last = place.midnight(-1).date()
    asked = {"from": (last - timedelta(days=6)).isoformat(), "to": last.isoformat()}
    try:
        return await visit.api.get(f"/v1/shops/{place.shop['id']}/figures", **asked)
    except Refused as refusal:
        if refusal.status < 500:
            raise
        return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}", day, needs="person"),
    route("/my-shops/{shop_id:uuid}/resume", resume, ["POST"], needs="person"),
]
