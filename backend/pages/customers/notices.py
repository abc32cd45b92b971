"""The visitor's notices, read and unread, and their own impact."""

from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.visit import Visit, own_path, route
from backend.settings import settings


async def notices(visit: Visit) -> Response:
    """Return the notices, newest first."""
    found = await visit.api.get("/v1/notices", limit=20, after=visit.query.get("after"))
    return visit.page(
        "customers/notices.html",
        answer=found,
        links={one["id"]: own_link(one["link"]) for one in found["data"]},
        unread=any(one["read_at"] is None for one in found["data"]),
    )


def own_link(link: str | None) -> str | None:
    """Return the path of a notice's link to a page of ours; None if it leads to no page of its own."""
    if link is None or not link.startswith(f"{settings().public_url}/"):
        return None
    parts = urlsplit(link)
    path = own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    return None if path == "/" else path


async def read(visit: Visit) -> Response:
    """Mark a notice as read."""
    await visit.api.post(f"/v1/notices/{visit.parameters['notice_id']}/read")
    return visit.to("/notices")


async def read_all(visit: Visit) -> Response:
    """Mark all notices as read."""
    await visit.api.post("/v1/notices/read-all")
    return visit.to("/notices")


async def impact(visit: Visit) -> Response:
    """Return what the visitor's own pickups saved."""
    return visit.page("customers/impact.html", figures=await visit.api.get("/v1/impact/me"))


routes: list[BaseRoute] = [
    route("/notices", notices, needs="person"),
    route("/notices/read-all", read_all, ["POST"], needs="person"),
    route("/notices/{notice_id:uuid}/read", read, ["POST"], needs="person"),
    route("/my-impact", impact, needs="person"),
]
