"""Donation agreements with shops: the list, proposing one, its document, and ending it."""

from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.associations.schemas import AgreementIn
from backend.pages.associations.house import House, house_where_one_works
from backend.pages.associations.importing import passed_on
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.visit import Visit, route

PAGE = "/association/agreements"
FIELDS = ("shop_id", "signed_on", "ends_on", "document")


async def agreements(visit: Visit) -> Response:
    """List the agreements of an association, newest first."""
    house = await house_where_one_works(visit)
    found = await visit.api.get("/v1/agreements", limit=20, after=visit.query.get("after"))
    ours = [one for one in found["data"] if one["association"]["id"] == house.id]
    return house.page("agreements.html", "agreements", found=found, ours=ours, form=Form())


async def propose(visit: Visit) -> Response:
    """Find the shop of an agreement, or propose the agreement with its signed document."""
    house = await house_where_one_works(visit)
    if not visit.posted:
        return await _propose_page(house, Form(dict(visit.query)) if visit.query.get("q") else Form())
    form = await visit.form()
    file = (await visit.sent()).get("document")
    document = (
        (file.filename or "convention.pdf", await file.read(), file.content_type or "application/pdf")
        if isinstance(file, UploadFile)
        else ("convention.pdf", b"", "application/pdf")
    )
    typed = {name: str(form.value(name)) for name in ("shop_id", "signed_on", "ends_on") if form.value(name)}
    try:
        await house.sends(
            "POST",
            "/v1/agreements",
            form=typed,
            files={"document": document},
            headers={"idempotency-key": form.key},
        )
    except Refused as refusal:
        if refusal.status not in (404, 409, 413, 415, 422):
            raise
        return await _propose_page(house, form.refused(refusal, FIELDS), refusal.status)
    return house.to(PAGE, "agreement_proposed")


async def _propose_page(house: House, form: Form, status: int = 200) -> Response:
    words = str(form.value("q")).strip()[:100]
    chosen = house.visit.query.get("shop_id", "") if not words else ""
    shops: dict[str, Any] = {"data": []}
    if words:
        shops = await house.visit.api.get("/v1/shops", q=words, limit=20)
    elif chosen:  # a suggested neighbour
        found = await house.visit.api.sends("GET", f"/v1/shops/{quote(chosen, safe='')}")
        shops = {"data": [found.json()] if found.is_success else []}
    return house.page(
        "propose.html",
        "agreements",
        status,
        form=form,
        words=words,
        shops=shops["data"],
        rules=constraints(AgreementIn),
    )


async def document(visit: Visit) -> Response:
    """Return the signed document of an agreement."""
    return passed_on(await visit.api.sends("GET", f"/v1/agreements/{visit.parameters['id']}/document"))


async def end(visit: Visit) -> Response:
    """End an agreement."""
    house = await house_where_one_works(visit)
    form = await visit.form()
    await visit.api.post(f"/v1/agreements/{visit.parameters['id']}/end", key=form.key)
    return house.to(PAGE, "agreement_ended")


routes: list[BaseRoute] = [
    route(PAGE, agreements, needs="person"),
    route(f"{PAGE}/new", propose, ["GET", "POST"], needs="person"),
    route(f"{PAGE}/{{id:uuid}}/document", document, needs="person"),
    route(f"{PAGE}/{{id:uuid}}/end", end, ["POST"], needs="person"),
]
