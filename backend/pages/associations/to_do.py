"""«À faire»: rights that end, people to verify, transfers, imports and agreements."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.associations.house import house_of, house_where_one_works
from backend.pages.forms import Form
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown

ANSWERS = ("accept", "decline", "withdraw")


async def to_do(visit: Visit) -> Response:
    """Show what waits for the people of an association."""
    if visit.session is not None and visit.session.role == "admin":
        return visit.to("/admin")  # some mails go to associations and to admins
    house = await house_of(visit)
    if not house.works:
        return house.to("/association/activity")
    if house.status != "verified":
        return house.page("waiting.html", "to_do", about=await house.get("/v1/associations/me"))
    found = await house.get("/v1/associations/me/to-do")
    if same := visit.unchanged(house.name, house.role, house.asked, house.others, found):
        return same
    return house.page("to_do.html", "to_do", form=Form(), **found)


async def answer_transfer(visit: Visit) -> Response:
    """Accept, decline or withdraw a transfer."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    answer = str(visit.parameters["answer"])
    if answer not in ANSWERS:
        raise PathUnknown
    await house.post(f"/v1/beneficiaries/transfers/{visit.parameters['id']}/{answer}", form)
    return house.to("/association", f"transfer_{answer}")


routes: list[BaseRoute] = [
    route("/association", to_do, needs="person"),
    route("/association/transfers/{id:uuid}/{answer}", answer_transfer, ["POST"], needs="person"),
]
