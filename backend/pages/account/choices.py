"""Pages of the account: the notices that somebody wants, and the consents that they gave."""

from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route

AGREED = ("notifications", "diet")
"""The consents that can be given and withdrawn; those to the terms end with the account."""


async def notices(visit: Visit) -> Response:
    """Show and change which events one is told of, on which channel, and the hours in which mails wait."""
    form = await visit.form("wanted") if visit.posted else Form()
    chosen = await visit.api.get("/v1/me/notice-preferences")
    if not visit.posted:
        return await _notices(visit, chosen, form)
    wanted: dict[str, Any] = {
        "preferences": [
            {
                "event": one["event"],
                "channel": one["channel"],
                "wanted": f"{one['event']}.{one['channel']}" in form.value("wanted", ()),
            }
            for one in chosen["preferences"]
            if one["optional"]
        ],
        "quiet_hours": {"begins": form.value("begins"), "ends": form.value("ends")} if form.value("quiet") else None,
    }
    if not wanted["preferences"]:
        del wanted["preferences"]
    try:
        await visit.api.put("/v1/me/notice-preferences", wanted)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _notices(visit, chosen, form.refused(refusal, ("begins", "ends")), refusal.status)
    return visit.to("/account/notices", "saved")


async def _notices(visit: Visit, chosen: Any, form: Form, status: int = 200) -> Response:
    events: dict[str, dict[str, Any]] = {}
    for one in chosen["preferences"]:
        event = events.setdefault(one["event"], {"title": one["title"], "optional": False})
        event[one["channel"]] = one
        event["optional"] |= one["optional"]
    return visit.page(
        "account/notices.html",
        status,
        form=form,
        events=sorted(events.values(), key=lambda event: not event["optional"]),
        quiet=chosen["quiet_hours"],
        refused_at=chosen["address_refused_at"],
        consents=await visit.api.get("/v1/me/consents"),
    )


async def consents(visit: Visit) -> Response:
    """Show what one has agreed to, and since when."""
    return visit.page("account/consents.html", consents=await visit.api.get("/v1/me/consents"))


async def agree(visit: Visit) -> Response:
    """Record that a consent is given or withdrawn."""
    form = await visit.form()
    kind, version = str(form.value("kind")), form.value("version")
    if kind in AGREED:
        given = form.value("given") == "yes"
        await visit.api.put("/v1/me/consents", {kind: {"version": version, "given": given}})
    return visit.to("/account/consents", "saved")


routes: list[BaseRoute] = [
    route("/account/notices", notices, ["GET", "POST"], needs="person"),
    route("/account/consents", consents, needs="person"),
    route("/account/consents/change", agree, ["POST"], needs="person"),
]
