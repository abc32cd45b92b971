"""The pages that mails of notices link to: the pass, and stopping such mails.

They work without JavaScript and without a sign-in: the link carries a token that the API checks. Opening a page changes
nothing, because the scanners of mailboxes open every link; a POST does.
"""

from base64 import b64encode

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages import qr
from backend.pages.account_pages import shown
from backend.pages.client import Answer
from backend.pages.visit import Visit, route


async def _my_pass(visit: Visit) -> Response:
    """Show the pass that a mail links to: the square, the number and the code, where and when."""
    token = {"token": visit.parameters["token"]}
    visit.api.token = None  # the token of the link decides, whoever is signed in
    answer = await visit.api.sends("POST", "/v1/passes/show", token)
    if not answer.is_success:
        return _refused(visit, "my-pass", answer)
    held = answer.json()
    picture = b64encode(qr.svg(held["qr"]).encode()).decode()
    page = shown(visit, "links/my_pass.html", held=held, picture=picture)
    page.headers["Content-Security-Policy"] = page.headers["Content-Security-Policy"].replace(
        "img-src 'self'", "img-src 'self' data:"
    )
    return page


async def _unsubscribe(visit: Visit) -> Response:
    """Say which mails the link stops; stop them on a POST, also on that of a mail program (RFC 8058).

    The token alone decides: there is no session that another site could misuse.
    """
    body = {"token": visit.parameters["token"], "language": visit.language}
    path = "/v1/notices/unsubscribe" if visit.posted else "/v1/notices/unsubscribe/show"
    visit.api.token = None
    answer = await visit.api.sends("POST", path, body)
    if not answer.is_success:
        return _refused(visit, "unsubscribe", answer)
    return shown(visit, "links/unsubscribe.html", event=answer.json()["title"], stopped=visit.posted)


def _refused(visit: Visit, name: str, answer: Answer) -> Response:
    return shown(visit, "links/refused.html", answer.status_code, name=name, problem=answer.json())


routes: list[BaseRoute] = [
    route("/my-pass/{token}", _my_pass),
    route("/unsubscribe/{token}", _unsubscribe, ["GET", "POST"], cross_site=True),
]
