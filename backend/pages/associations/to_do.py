"""«À faire»: rights that end, people to verify, transfers, imports and agreements."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.associations.house import house_of, house_where_one_works
from backend.pages.forms import Form
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown

ENDS_WITHIN = timedelta(days=30)
SHOWN = 6
ANSWERS = ("accept", "decline", "withdraw")


async def to_do(visit: Visit) -> Response:
    """Show what waits for the people of an association."""
    if visit.session is not None and visit.session.role == "admin":
        return visit.to("/admin")  # some mails go to associations and to admins
    house = await house_of(visit)
    about = await house.get("/v1/associations/me")
    if not house.works:
        return house.to("/association/activity")
    if about["status"] != "verified":
        return house.page("waiting.html", "to_do", about=about)
    today = datetime.now(UTC).astimezone(ZoneInfo(about["time_zone"])).date()
    ending = await house.get(
        "/v1/beneficiaries", status="verified", ending_before=today + ENDS_WITHIN + timedelta(days=1), limit=100
    )
    pending = await house.get("/v1/beneficiaries", status="pending", limit=SHOWN)
    transfers = await house.get("/v1/beneficiaries/transfers", status="pending", limit=20)
    imports = await house.get("/v1/beneficiaries/imports", limit=3)
    agreements = await house.get("/v1/agreements", status="proposed", limit=20)
    if same := visit.unchanged(today, about, ending, pending, transfers, imports, agreements):
        return same
    rights = sorted(ending["data"], key=lambda one: str(one["eligible_until"]))
    return house.page(
        "to_do.html",
        "to_do",
        rights=rights[:SHOWN],
        more_rights=max(len(rights) - SHOWN, 0),
        many=ending["has_more"],
        today=today.isoformat(),
        pending=pending,
        transfers=transfers["data"],
        imports=[one for one in imports["data"] if one["status"] != "done" or one["refused"]],
        agreements=[one for one in agreements["data"] if one["association"]["id"] == house.id],
        form=Form(),
    )


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
