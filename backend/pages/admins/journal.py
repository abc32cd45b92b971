"""The audit log with its filters, and mails that could not be sent."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.admins.rows import entry_rows
from backend.pages.forms import Form
from backend.pages.visit import Visit, route
from backend.time_zones import PARIS

FILTERS = ("action", "subject", "actor_id", "since", "until")
STATES = ("failed", "queued", "sent")


async def audit(visit: Visit) -> Response:
    """Show who did what, newest first. Whole days are those of Paris."""
    asked = {name: visit.query[name].strip()[:100] for name in FILTERS if visit.query.get(name, "").strip()}
    wrong = {}
    query: dict[str, str] = {}
    for name, value in asked.items():
        try:
            query[name] = _as_asked(name, value)
        except ValueError:
            wrong[name] = visit.t("admin.not_understood")
    found = (
        {"data": [], "has_more": False}
        if wrong
        else await visit.api.get("/v1/admin/audit", limit=50, after=visit.query.get("after"), **query)
    )
    return desk_page(
        visit,
        "audit.html",
        "audit",
        422 if wrong else 200,
        found=found,
        entry_rows=entry_rows,
        asked=asked,
        form=Form(asked, wrong),
    )


def _as_asked(name: str, value: str) -> str:
    """Return a filter as the API takes it. Raises ValueError."""
    if name == "actor_id":
        return str(UUID(value))
    if name in ("since", "until"):
        day = date.fromisoformat(value) + timedelta(days=name == "until")  # the last day belongs to it
        return datetime.combine(day, datetime.min.time(), ZoneInfo(PARIS)).isoformat()
    return value


async def mails(visit: Visit) -> Response:
    """Show what became of mails: by default those that failed. No text, no address."""
    state = visit.query.get("state") if visit.query.get("state") in STATES else "failed"
    found = await visit.api.get("/v1/admin/notice-deliveries", state=state, limit=50, after=visit.query.get("after"))
    return desk_page(visit, "mails.html", "mails", found=found, asked={"state": state}, states=STATES)


routes: list[BaseRoute] = [
    route("/admin/audit", audit, needs="person", roles=ROLES),
    route("/admin/mails", mails, needs="person", roles=ROLES),
]
