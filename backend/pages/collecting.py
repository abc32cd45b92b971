"""The page of a collection and its actions, shared by the pages of shops, associations and admins."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.collections.schemas import PostponeIn, ReasonIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

PAGE = 20
STATES = ("requested", "accepted", "scheduled", "taken", "delivered", "received", "refused", "cancelled", "failed")
REFUSED = (403, 404, 409, 422)


class NotATime(Exception):
    """Raised when a day and hour that were typed cannot be read."""


def moment_typed(form: Form, name: str, zone: str) -> str:
    """Return a local day and hour that was typed, as the API takes it. Raises NotATime."""
    try:
        typed = datetime.fromisoformat(str(form.value(name)))
    except ValueError as mistake:
        raise NotATime(name) from mistake
    if typed.tzinfo is not None:
        raise NotATime(name)
    return typed.replace(tzinfo=ZoneInfo(zone)).isoformat()


def local(moment: str, zone: str) -> str:
    """Return a moment as a browser's field of day and hour shows it."""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


async def decided(visit: Visit, one: dict[str, Any]) -> tuple[str | None, Form]:
    """Do what a form of a collection's page asks for.

    Return what was done, as under `done`, and the form; None with what is wrong.
    """
    form = await visit.form()
    what = form.value("what")
    path = f"/v1/collections/{one['id']}"
    body: dict[str, Any] = {}
    try:
        if what == "accept":
            association = form.value("association_id")
            body = {"association_id": association} if association else {}
        elif what in ("refuse", "cancel"):
            body = {"reason": form.value("reason")}
        elif what == "postpone":
            body = {
                "reason": form.value("reason"),
                **{name: moment_typed(form, name, one["time_zone"]) for name in ("window_start", "window_end")},
            }
        else:
            return None, form
        await visit.api.post(f"{path}/{what}", body, key=form.key)
    except NotATime as wrong:
        return None, form.wrong(**{str(wrong): visit.t("collections.unreadable")})
    except Refused as refusal:
        if refusal.status not in REFUSED or refusal.code == "collection.not_found":
            raise
        return None, form.refused(refusal, ("reason", "window_start", "window_end", "association_id"))
    return f"collection_{what}", form


def shown(visit: Visit, one: dict[str, Any], form: Form) -> dict[str, Any]:
    """Return what the page of a collection is made from."""
    zone = one["time_zone"]
    return {
        "one": one,
        "form": form,
        "rules": {**constraints(PostponeIn), **constraints(ReasonIn)},
        "window": {name: local(one[name], zone) for name in ("window_start", "window_end")},
        "asked": form.value("what") or visit.query.get("what", ""),
    }


async def to_its_page(visit: Visit) -> Response:
    """Send the browser to the page of a collection for whoever opens the link of a mail."""
    one = await visit.api.get(f"/v1/collections/{visit.parameters['collection_id']}")
    session = visit.session
    theirs = {each["id"] for each in session.associations} if session is not None else set()
    if session is not None and session.role == "admin":
        return visit.to(f"/admin/collections/{one['id']}")
    ours = next(
        (each["id"] for each in (one["association"], one["giver"]) if each is not None and each["id"] in theirs), None
    )
    if ours is not None:
        more = {"association": ours} if len(theirs) > 1 else {}
        return visit.to(f"/association/collections/{one['id']}", None, **more)
    if (one["shop"] is not None and "cancel" in one["may"]) or (session is not None and session.role != "collector"):
        return visit.to(f"/my-shops/{one['shop']['id']}/collections/{one['id']}")
    return visit.page("collections/seen.html", **shown(visit, one, Form()))


routes: list[BaseRoute] = [route("/collections/{collection_id:uuid}", to_its_page, needs="person")]
