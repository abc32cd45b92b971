"""The shops that a person works for: choose one, see its state, register another."""

from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.merchants.workplace import MOST
from backend.pages.visit import Visit, route
from backend.shops.models import Category
from backend.shops.schemas import ShopIn

FIELDS = ("name", "siret", "category", "address", "commune", "insee_code")
NOTICES = 50


async def choose(visit: Visit) -> Response:
    """List the shops that the person works for, each with its state."""
    shops = await _shops(visit)
    rejected = [shop for shop in shops if shop["status"] == "rejected"]
    return visit.page(
        "merchants/shops.html",
        shop=None,
        help_role="merchant",
        shops=shops,
        reasons=await _reasons(visit, rejected) if rejected else {},
        may_register=visit.session is not None and visit.session.role == "merchant",
    )


async def go_on(visit: Visit) -> Response:
    """Go on to the day of the only shop; with several, or none, to the list."""
    shops = await _shops(visit)
    return RedirectResponse(f"/my-shops/{shops[0]['id']}" if len(shops) == 1 else "/my-shops", 303)


async def register(visit: Visit) -> Response:
    """Show the form that registers a shop, or send it."""
    if not visit.posted:
        return _form(visit, Form())
    form = await visit.form()
    places: list[dict[str, Any]] = []
    if form.value("commune"):
        places = (await visit.api.get("/v1/places", q=form.value("commune")))["data"]
    place = next((one for one in places if one["insee_code"] == form.value("insee_code")), None)
    if place is None and len(places) == 1:
        place = places[0]
    if place is None:
        key = "choose_commune" if places else "commune_unknown"
        return _form(visit, form.wrong(commune=visit.t(f"my_shops.{key}")), places, 422)
    wanted = {name: form.value(name) for name in ("name", "siret", "category", "address")}
    wanted["insee_code"] = place["insee_code"]
    centre = {name: place[name] for name in ("latitude", "longitude")}
    try:
        answer = await visit.api.sends("POST", "/v1/shops", wanted, headers={"idempotency-key": form.key})
        if answer.status_code == 422 and _lacks_place(answer.json()):
            # This server looks up no addresses: the centre of the commune stands in until the shop is moved.
            answer = await visit.api.sends(
                "POST", "/v1/shops", {**wanted, **centre}, headers={"idempotency-key": f"{form.key}-c"}
            )
        if not answer.is_success:
            raise Refused(answer)
    except Refused as refusal:
        wrong = form.refused(refusal, FIELDS)
        if refusal.code == "shop.siret_invalid":
            wrong = wrong.wrong(siret=refusal.detail)
        return _form(visit, wrong, places, refusal.status)
    return visit.to("/my-shops", "shop_registered")


def _lacks_place(problem: dict[str, Any]) -> bool:
    wrong = {str(error["field"]) for error in problem.get("errors") or ()}
    return bool(wrong) and wrong <= {"body.latitude", "body.longitude"}


def _form(visit: Visit, form: Form, places: list[dict[str, Any]] | None = None, status: int = 200) -> Response:
    return visit.page(
        "merchants/register.html",
        status,
        shop=None,
        form=form,
        rules=constraints(ShopIn),
        categories=[(str(one), visit.t(f"categories.{one}")) for one in Category],
        places=places if places and len(places) > 1 else [],
    )


async def _shops(visit: Visit) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await visit.api.get("/v1/shops", limit=MOST))["data"]
    return found


async def _reasons(visit: Visit, rejected: list[dict[str, Any]]) -> dict[str, str]:
    """Return what the person was told about each rejected shop, by its id."""
    notices = (await visit.api.get("/v1/notices", limit=NOTICES))["data"]
    told = {}
    for shop in rejected:
        for notice in notices:
            if (
                notice["event"] == "shop_decided"
                and shop["name"] in notice["text"]
                and shop["address"] in notice["text"]
            ):
                told[shop["id"]] = notice["text"]
                break
    return told


routes: list[BaseRoute] = [
    route("/my-shops", choose, needs="person"),
    route("/my-shops/now", go_on, needs="person"),
    route("/my-shops/new", register, ["GET", "POST"], needs="person", roles=["merchant"]),
]
