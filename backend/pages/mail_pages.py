"""The pages that mails of notices link to: one's pass, and stopping such mails.

They work without JavaScript and without a sign-in: the link carries a token that the API checks. Opening a page changes
nothing, because the scanners of mailboxes open every link; a POST does.
"""

from base64 import b64encode
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backend.pages.account_pages import shown
from backend.pages.client import call
from backend.problems.problem import language_of
from backend.time_zones import zone_name


async def _my_pass(request: Request) -> Response:
    """Show the pass that a mail links to: the square, the number and the code, where and when."""
    token = {"token": request.path_params["token"]}
    answer = await call(request, "POST", "/v1/passes/show", token)
    if not answer.is_success:
        return shown(request, "mail_refused.html", answer.status_code, name="my-pass", problem=answer.json())
    picture = await call(request, "POST", "/v1/passes/show.svg", token)
    if not picture.is_success:
        return shown(request, "mail_refused.html", picture.status_code, name="my-pass", problem=picture.json())
    language = language_of(request.scope)
    held = answer.json()
    page = shown(
        request,
        "my_pass.html",
        held=held,
        picture=b64encode(picture.content).decode(),
        when=_window(held, language),
    )
    page.headers["Content-Security-Policy"] = page.headers["Content-Security-Policy"].replace(
        "img-src 'self'", "img-src 'self' data:"
    )
    return page


def _window(held: dict[str, Any], language: str) -> str:
    zone = held["shop"]["time_zone"]
    start = datetime.fromisoformat(held["pickup_start"]).astimezone(ZoneInfo(zone))
    end = datetime.fromisoformat(held["pickup_end"]).astimezone(ZoneInfo(zone))
    if language == "en":
        return f"{start:%Y-%m-%d}, {start:%H:%M} to {end:%H:%M} ({zone_name(zone, 'en')})"
    return f"{start:%d/%m/%Y}, de {start:%H} h {start:%M} à {end:%H} h {end:%M} ({zone_name(zone, 'fr')})"


async def _unsubscribe(request: Request) -> Response:
    """Say which mails the link stops; stop them on a POST, also on that of a mail program (RFC 8058).

    The token alone decides: there is no session that another site could misuse.
    """
    body = {"token": request.path_params["token"], "language": language_of(request.scope)}
    stops = request.method == "POST"
    path = "/v1/notices/unsubscribe" if stops else "/v1/notices/unsubscribe/show"
    answer = await call(request, "POST", path, body)
    if not answer.is_success:
        return shown(request, "mail_refused.html", answer.status_code, name="unsubscribe", problem=answer.json())
    return shown(request, "unsubscribe.html", event=answer.json()["title"], stopped=stops)


routes: list[BaseRoute] = [
    Route("/my-pass/{token}", _my_pass, methods=["GET"]),
    Route("/unsubscribe/{token}", _unsubscribe, methods=["GET", "POST"]),
]
