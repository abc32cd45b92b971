"""The programs of an association: API clients, mandates of those of organisations, and whom they sent in vain."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.associations.house import House, house_that_one_owns, house_where_one_works
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.programs import Owner, program_routes, programs_page
from backend.pages.visit import Visit, route

PAGE = "/association/programs"
MANDATES = "/v1/associations/me/mandates"


async def _owner(visit: Visit) -> Owner:
    house = await house_that_one_owns(visit)
    return Owner(house, PAGE, "/v1/associations/me/api-clients", house.asked, more=partial(_mandates, house, Form()))


async def _mandates(house: House, form: Form) -> Mapping[str, Any]:
    found = await house.get(MANDATES, limit=100)
    return {"mandates": [one for one in found["data"] if not one["ended_at"]], "mandate_form": form}


async def mandate(visit: Visit) -> Response:
    """Let an organisation's program enrol people in the association's name."""
    house = await house_that_one_owns(visit)
    form = await visit.form()
    try:
        await house.post(MANDATES, form, {"client_id": form.value("client_id")})
    except Refused as refusal:
        if refusal.status not in (404, 409, 422):
            raise
        wrong = form.refused(refusal, ("client_id",))
        if refusal.status == 404:
            wrong = form.wrong(client_id=refusal.detail)
        owner = Owner(
            house, PAGE, "/v1/associations/me/api-clients", house.asked, more=partial(_mandates, house, wrong)
        )
        return await programs_page(owner, wrong, refusal.status)
    return house.to(PAGE, "mandate_granted")


async def end_mandate(visit: Visit) -> Response:
    """End a mandate."""
    house = await house_that_one_owns(visit)
    await house.sends("DELETE", f"{MANDATES}/{visit.parameters['id']}")
    return house.to(PAGE, "mandate_ended")


async def elsewhere(visit: Visit) -> Response:
    """List the people whom programs sent and whom another association has enrolled."""
    house = await house_where_one_works(visit)
    found = await house.get("/v1/associations/me/enrolled-elsewhere", limit=20, after=visit.query.get("after"))
    return house.page("elsewhere.html", "people", found=found)


routes: list[BaseRoute] = [
    *program_routes(PAGE, _owner),
    route("/association/mandates", mandate, ["POST"], needs="person"),
    route("/association/mandates/{id:uuid}/end", end_mandate, ["POST"], needs="person"),
    route("/association/elsewhere", elsewhere, needs="person"),
]
