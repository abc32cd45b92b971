"""Organisations: list them, make one, and close one."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.organisations.schemas import OrganisationIn
from backend.pages.admins.desk import ROLES, desk_page
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

PAGE = "/admin/organisations"
FIELDS = ("name", "kind", "siren", "territory", "owner_email")
ABOUT = {
    "organisation.siren_invalid": "siren",
    "organisation.siren_taken": "siren",
    "organisation.territory_unfit": "territory",
}
"""The field that a problem is about."""


async def organisations(visit: Visit) -> Response:
    """List the organisations, or make one."""
    if not visit.posted:
        return await _page(visit, Form())
    form = await visit.form()
    try:
        await visit.api.post("/v1/organisations", {name: form.value(name) for name in FIELDS}, key=form.key)
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        about = ABOUT.get(refusal.code)
        wrong = form.wrong(**{about: refusal.detail}) if about else form.refused(refusal, FIELDS)
        return await _page(visit, wrong, refusal.status)
    return visit.to(PAGE, "organisation_made")


async def close(visit: Visit) -> Response:
    """Ask whether to close an organisation, or do it."""
    path = f"/v1/organisations/{visit.parameters['id']}"
    form = await visit.form() if visit.posted else Form()
    if visit.posted:
        try:
            await visit.api.patch(path, {"status": "closed"})
        except Refused as refusal:
            if refusal.status != 409:
                raise
            form = form.refused(refusal, ())
        else:
            return visit.to(PAGE, "organisation_closed")
    one = await visit.api.get(path)
    status = 409 if form.is_wrong else 200
    return desk_page(visit, "close_organisation.html", "organisations", status, one=one, form=form)


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    found = await visit.api.get("/v1/organisations", limit=20, after=visit.query.get("after"))
    rules = constraints(OrganisationIn)
    return desk_page(visit, "organisations.html", "organisations", status, found=found, form=form, rules=rules)


routes: list[BaseRoute] = [
    route(PAGE, organisations, ["GET", "POST"], needs="person", roles=ROLES),
    route(f"{PAGE}/{{id:uuid}}/close", close, ["GET", "POST"], needs="person", roles=ROLES),
]
