"""One's data: downloading all of it, and erasing the account."""

from datetime import UTC, datetime

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.account.overview import EATERS
from backend.pages.client import Refused
from backend.pages.customers.reservations import is_coming
from backend.pages.forms import Form
from backend.pages.session import end_session
from backend.pages.visit import Visit, route


async def data(visit: Visit) -> Response:
    """Show what can be downloaded, and what is lost when the account is erased."""
    return await _page(visit, Form())


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    now = datetime.now(UTC)
    role = visit.session.role if visit.session else None
    coming = 0
    if role in EATERS:
        found = await visit.api.get("/v1/reservations", limit=100, **{"from": now.isoformat()})
        coming = sum(is_coming(one, now) for one in found["data"])
    return visit.page("account/data.html", status, form=form, coming=coming, role=role)


async def export(visit: Visit) -> Response:
    """Return everything that is held about the person, as one file."""
    answer = await visit.api.sends("GET", "/v1/me/export")
    if not answer.is_success:
        raise Refused(answer)
    headers = {name: answer.headers[name] for name in ("content-disposition", "content-type")}
    return Response(answer.content, headers=headers)


async def erase(visit: Visit) -> Response:
    """Erase the account, which is permanent."""
    form = await visit.form()
    if form.value("understood") != "yes":
        return await _page(visit, form.wrong(understood=visit.t("own_data.understand_first")), 422)
    password = form.value("password")
    answer = await visit.api.sends("DELETE", "/v1/me", {"password": password} if password else None)
    if not answer.is_success:
        refusal = Refused(answer)
        if refusal.status == 401 or refusal.status >= 500:
            raise refusal
        wrong = form.refused(refusal, ("password",))
        if "password" in refusal.code and not wrong.errors:
            wrong = form.wrong(password=refusal.detail)
        return await _page(visit, wrong, refusal.status)
    page = visit.to("/", "erased")
    if visit.session is not None:
        await end_session(visit.request, page, visit.session)
    return page


routes: list[BaseRoute] = [
    route("/account/data", data, needs="person"),
    route("/account/data/ecopanier.zip", export, needs="person"),
    route("/account/data/erase", erase, ["POST"], needs="person"),
]
