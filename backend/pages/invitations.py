"""The page that an invitation to work somewhere links to. Signing in and registering lead back to it."""

from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.members.problems import InvitationForOtherAddress, InvitationNotFound
from backend.pages.account_pages import done_page, refuse_other_sites, shown
from backend.pages.client import Refused
from backend.pages.session import end_session
from backend.pages.visit import Visit, route

OVER = "invitation-over"
WORKPLACES = {"shop": "/my-shops", "association": "/association", "organisation": "/organisation"}


async def invitation(visit: Visit) -> Response:
    """Show what an invitation is for, or accept it as whoever is signed in. Opening the page spends nothing."""
    path = f"/v1/invitations/{quote(visit.parameters['token'], safe='')}"
    described = await visit.api.sends("GET", path)
    if described.status_code == InvitationNotFound.status:
        return done_page(visit, OVER, described.status_code)
    if not described.is_success:
        raise Refused(described)
    about = described.json()
    if not visit.posted:
        return await _page(visit, about)
    refuse_other_sites(visit)
    here = visit.request.url.path
    form = await visit.form()
    if form.value("other") and visit.session is not None:
        page = visit.to("/sign-in", next=here)
        await end_session(visit.request, page, visit.session)
        return page
    if visit.session is None:
        return visit.to("/sign-in", next=here)
    try:
        member = await visit.api.post(f"{path}/accept")
    except Refused as refusal:
        if refusal.status == 401 or refusal.status >= 500:
            raise
        return await _page(visit, about, refusal)
    return visit.to(WORKPLACES[member["kind"]], "invitation_accepted")


async def _page(visit: Visit, about: object, refusal: Refused | None = None) -> Response:
    me = await visit.api.get("/v1/me") if visit.session is not None else None
    return shown(
        visit,
        "links/invitation.html",
        refusal.status if refusal else 200,
        about=about,
        me=me,
        refusal=refusal,
        other_needed=refusal is not None and refusal.code == InvitationForOtherAddress.code,
    )


routes: list[BaseRoute] = [route("/invitation/{token}", invitation, ["GET", "POST"], cross_site=True)]
