"""Cards to print and kiosks that take them."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.cards.schemas import MOST_CARDS
from backend.kiosks.schemas import KioskIn
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.associations.importing import passed_on
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

PAGE = "/association/cards"


async def cards(visit: Visit) -> Response:
    """Show whose cards can be printed, and the kiosks."""
    return await _cards_page(await house_where_one_works(visit), Form())


async def printed(visit: Visit) -> Response:
    """Make new cards for the people who were chosen, and return the sheets to print."""
    house = await house_where_one_works(visit)
    form = await visit.form("people")
    try:
        answer = await house.sends(
            "POST",
            "/v1/beneficiaries/cards",
            {"beneficiary_ids": form.value("people")},
            headers={"idempotency-key": form.key},
        )
    except Refused as refusal:
        if refusal.status != 422:
            raise
        wrong = Form(form.typed, {"people": visit.t("association.choose_people")}, None, form.key)
        return await _cards_page(house, wrong, 422)
    return passed_on(answer)


async def register(visit: Visit) -> Response:
    """Register a kiosk, and show the secret for its tablet. It is shown here only."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    try:
        made = await house.post("/v1/kiosks", form, {"name": form.value("name")})
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return await _cards_page(house, form.refused(refusal, ("name",)), refusal.status)
    return house.page("kiosk.html", "cards_kiosks", one=made)


async def revoke(visit: Visit) -> Response:
    """Revoke a kiosk."""
    house = await house_where_one_works(visit)
    await house.post(f"/v1/kiosks/{visit.parameters['id']}/revoke", await visit.form())
    return house.to(PAGE, "kiosk_revoked")


async def _cards_page(house: House, form: Form, status: int = 200) -> Response:
    people = await house.get(
        "/v1/beneficiaries", status="verified", limit=MOST_CARDS, after=house.visit.query.get("after")
    )
    kiosks = await house.get("/v1/kiosks", limit=100)
    return house.page(
        "cards.html",
        "cards_kiosks",
        status,
        people=people,
        kiosks=kiosks["data"],
        form=form,
        rules=constraints(KioskIn),
    )


routes: list[BaseRoute] = [
    route(PAGE, cards, needs="person"),
    route(f"{PAGE}/print", printed, ["POST"], needs="person"),
    route("/association/kiosks", register, ["POST"], needs="person"),
    route("/association/kiosks/{id:uuid}/revoke", revoke, ["POST"], needs="person"),
]
