"""The pages that a shop's invitation links to: go on to register, or refuse all invitations.

They work without JavaScript and without a sign-in: the link carries a token that the API checks. Opening a page changes
nothing, because the scanners of mailboxes open every link; a POST does.
"""

from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.members.problems import InvitationNotFound
from backend.pages.account_pages import done_page, refuse_other_sites, shown
from backend.pages.client import Refused
from backend.pages.visit import Visit, route

OVER = "join-shop-over"


async def _join(visit: Visit) -> Response:
    """Show who invites, or go on to register with the invitation."""
    token = visit.parameters["token"]
    path = f"/v1/shop-invitations/{quote(token, safe='')}"
    visit.api.token = None  # the token of the link decides, whoever is signed in
    if visit.posted:
        refuse_other_sites(visit)
    answer = await visit.api.sends("POST", f"{path}/open") if visit.posted else await visit.api.sends("GET", path)
    if answer.status_code == InvitationNotFound.status:
        return done_page(visit, OVER, answer.status_code)
    if not answer.is_success:
        raise Refused(answer)
    if visit.posted:
        return visit.to("/register", role="merchant", invitation=token)
    return shown(visit, "links/join_shop.html", about=answer.json(), token=token)


async def _stop(visit: Visit) -> Response:
    """Ask whether no shop may invite this address again, or keep that; also on the POST of a mail program (RFC 8058).

    The token alone decides: there is no session that another site could misuse.
    """
    if visit.posted:
        visit.api.token = None
        path = f"/v1/shop-invitations/{quote(visit.parameters['token'], safe='')}/refuse"
        answer = await visit.api.sends("POST", path)
        if answer.status_code == InvitationNotFound.status:
            return done_page(visit, OVER, answer.status_code)
        if not answer.is_success:
            raise Refused(answer)
    return shown(visit, "links/no_invitations.html", stopped=visit.posted)


routes: list[BaseRoute] = [
    route("/join-shop/{token}", _join, ["GET", "POST"], cross_site=True),
    route("/no-invitations/{token}", _stop, ["GET", "POST"], cross_site=True),
]
