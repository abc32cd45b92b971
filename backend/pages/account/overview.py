"""The overview of the visitor's account: links to everything about it, and name and language."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.accounts.schemas import MeIn
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import LANGUAGE_COOKIE, Visit, route

EATERS = ("customer", "beneficiary")


async def account(visit: Visit) -> Response:
    """Show whose account this is, and the pages about it."""
    me = await visit.api.get("/v1/me")
    return visit.page("account/overview.html", me=me, eats=me["role"] in EATERS)


async def details(visit: Visit) -> Response:
    """Show and change the name and the language."""
    form = await visit.form() if visit.posted else Form()
    me = await visit.api.get("/v1/me")
    if visit.posted:
        wanted = {"display_name": form.value("display_name"), "locale": form.value("locale")}
        try:
            await visit.api.patch("/v1/me", wanted)
        except Refused as refusal:
            if refusal.status not in (409, 422):
                raise
            return _details(visit, me, form.refused(refusal, ("display_name", "locale")), refusal.status)
        done = visit.to("/account", "saved")
        done.delete_cookie(LANGUAGE_COOKIE)  # from now on the account's language decides
        return done
    return _details(visit, me, form)


def _details(visit: Visit, me: object, form: Form, status: int = 200) -> Response:
    return visit.page("account/details.html", status, me=me, form=form, rules=constraints(MeIn)["display_name"])


routes: list[BaseRoute] = [
    route("/account", account, needs="person"),
    route("/account/details", details, ["GET", "POST"], needs="person"),
]
