"""The kiosk: a card, the lots, a lot, the person's pickups, and the way out. Nothing stays on the tablet."""

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.kiosks.problems import KioskUnknown, WrongCard
from backend.lots.models import Allergen
from backend.pages import cookies
from backend.pages.client import Refused
from backend.pages.forms import Form, whole
from backend.pages.frames import answer_frame
from backend.pages.kiosk.card import USUAL, at_kiosk, enter, kiosk_page, leave, refused, speak, unregister
from backend.pages.session import begin_device
from backend.pages.visit import Visit, own_path, route
from backend.problems.common import NotAllowed

SETUP = "/kiosk/setup"
RADIUS_KM = 5
LOTS = 24
MOST_PICKUPS = 20


async def welcome(visit: Visit) -> Response:
    """Ask for a card, in French again once nobody is there any more."""
    if visit.query.get("idle"):
        await speak(visit, USUAL)
        visit.language = USUAL
    return kiosk_page(visit, "kiosk/welcome.html", wrong=None)


async def show_card(visit: Visit) -> Response:
    """Open the short session of the card that was shown."""
    form = await visit.form()
    body = {
        "card": str(form.value("shown")) or "-",
        "device": visit.session.tokens["device"] if visit.session else None,
    }
    answer = await visit.api.sends("POST", "/v1/auth/card", body)
    if not answer.is_success:
        refusal = Refused(answer)
        if refusal.code == KioskUnknown.code:
            return await unregister(visit)
        if refusal.code == WrongCard.code:
            return kiosk_page(visit, "kiosk/welcome.html", 401, wrong=visit.t("kiosk.refused.wrong_card"))
        return refused(visit, refusal)
    await enter(visit, answer.json())
    return visit.to("/kiosk/lots")


async def lots(visit: Visit) -> Response:
    """Show the offered lots near the kiosk, and how many portions may still be chosen today."""
    place = visit.session.tokens if visit.session else {}
    near = f"{place['latitude']},{place['longitude']}"
    found = await visit.api.get("/v1/lots", near=near, radius_km=RADIUS_KM, kind="free", limit=LOTS)
    me = await visit.api.get("/v1/me")
    return kiosk_page(
        visit,
        "kiosk/lots.html",
        lots=[one for one in found["data"] if one["remaining"]],
        right=me["beneficiary"],
        allergens=[str(one) for one in Allergen],
        walks=bool(place.get("exact")),
    )


async def lot(visit: Visit) -> Response:
    """Show one lot, with the button that reserves it."""
    found = await visit.api.get(f"/v1/lots/{visit.parameters['lot_id']}")
    me = await visit.api.get("/v1/me")
    left = min(found["remaining"], me["beneficiary"]["portions_left_today"]) if me["beneficiary"]["current"] else 0
    over = datetime.fromisoformat(found["pickup_end"]) <= datetime.now(UTC)
    return kiosk_page(
        visit,
        "kiosk/lot.html",
        lot=found,
        form=Form(),
        most=0 if over or found["kind"] != "free" else left,
        present=[str(one) for one in Allergen if one in found["allergens"]],
    )


async def reserve(visit: Visit) -> Response:
    """Reserve portions, and go on to what has to be noted."""
    form = await visit.form()
    wanted = {"quantity": whole(form.value("quantity", "1"))}
    made = await visit.api.post(f"/v1/lots/{visit.parameters['lot_id']}/reservations", wanted, key=form.key)
    return visit.to(f"/kiosk/pickups/{made['id']}", said="reserved")


async def pickups(visit: Visit) -> Response:
    """Show what is still to be collected."""
    now = datetime.now(UTC)
    found = await visit.api.get("/v1/reservations", limit=MOST_PICKUPS, **{"from": now.isoformat()})
    coming = [one for one in found["data"] if one["status"] == "confirmed"]
    return kiosk_page(visit, "kiosk/pickups.html", pickups=sorted(coming, key=lambda one: str(one["pickup_start"])))


async def pickup(visit: Visit) -> Response:
    """Show the code and the PIN, to note or to print."""
    path = f"/v1/reservations/{visit.parameters['reservation_id']}"
    found: dict[str, Any] = await visit.api.get(path)
    held = None
    if found["status"] == "confirmed" and datetime.fromisoformat(found["pickup_end"]) > datetime.now(UTC):
        held = await visit.api.get(f"{path}/pass")
    return kiosk_page(visit, "kiosk/pickup.html", one=found, held=held, form=Form())


async def cancel(visit: Visit) -> Response:
    """Cancel a reservation, so that others can have it."""
    form = await visit.form()
    await visit.api.post(f"/v1/reservations/{visit.parameters['reservation_id']}/cancel", key=form.key)
    return visit.to("/kiosk/pickups", said="cancelled")


async def help_page(visit: Visit) -> Response:
    """Explain the kiosk in a few sentences."""
    return kiosk_page(visit, "kiosk/help.html")


async def still_there(visit: Visit) -> Response:
    """Ask whether somebody is still there; without an answer the page signs out."""
    back = own_path(visit.query.get("back"), "/kiosk/lots")
    return kiosk_page(visit, "kiosk/still_there.html", back=back if back.startswith("/kiosk/") else "/kiosk/lots")


async def stay(visit: Visit) -> Response:
    """Prolong the session, which opening any page does too: the page asks for this while somebody reads it."""
    return Response(status_code=204)


async def end(visit: Visit) -> Response:
    """Sign out: by the button, or because nobody was there any more."""
    return await leave(visit, "over" if (await visit.form()).value("nobody") else "bye")


async def choose_language(visit: Visit) -> Response:
    """Keep the language, and show the same page in it."""
    form = await visit.form()
    await speak(visit, str(form.value("language")))
    back = own_path(form.value("next"), "/kiosk")
    return visit.to(back if back.startswith("/kiosk") else "/kiosk")


async def read_frame(visit: Visit) -> Response:
    """Return the text of the QR code in a frame of the tablet's camera, or null."""
    if visit.session is None:
        raise NotAllowed
    return await answer_frame(visit, visit.session.id_hash.hex())


async def setup(visit: Visit) -> Response:
    """Register this tablet: the secret that its association was shown, and where the tablet stands."""
    if visit.session is not None:
        return visit.to("/kiosk")
    said = visit.t("kiosk.said.revoked") if visit.query.get("said") == "revoked" else None
    if not visit.posted:
        page = visit.page("kiosk/setup.html", form=Form(), said=said)
        cookies.probe(page, SETUP)
        return page
    form = await visit.form()
    if cookies.refused(visit, form):
        refusing = Form(form.typed, {}, visit.t("signing_in.no_cookies"), form.key)
        return visit.page("kiosk/setup.html", 422, form=refusing, said=None)
    device = str(form.value("device"))
    # What cannot be a card counts for nobody: the answer only says whether the device is known.
    answer = await visit.api.sends("POST", "/v1/auth/card", {"card": "-", "device": device or None})
    if answer.status_code != 401:
        refusal = Refused(answer)
        page = visit.page(
            "kiosk/setup.html", refusal.status, form=form.wrong(device=visit.t("kiosk.setup.wrong")), said=None
        )
        page.headers.update(refusal.headers)
        return page
    where = await _where(visit, str(form.value("where")))
    if where is None:
        return visit.page("kiosk/setup.html", 422, form=form.wrong(where=visit.t("kiosk.setup.nowhere")), said=None)
    page = visit.to("/kiosk")
    cookies.forget(page, SETUP)
    await begin_device(visit.request, page, "kiosk", {"device": device, **where})
    return page


async def _where(visit: Visit, written: str) -> dict[str, Any] | None:
    """Return where an address is, or the centre of a commune; None if there is no such place."""
    if not written:
        return None
    found = await visit.api.get("/v1/places", q=written[:100])
    communes = [one for one in found["data"] if one.get("latitude") is not None]
    chosen = (communes or found["addresses"] or [None])[0]
    if chosen is None:
        return None
    return {"latitude": chosen["latitude"], "longitude": chosen["longitude"], "exact": not communes}


def _kiosk(path: str, endpoint: Any, *methods: str, card: bool = False) -> BaseRoute:
    return route(f"/kiosk{path}", at_kiosk(endpoint, card=card), methods or ("GET",), kind="kiosk")


routes: list[BaseRoute] = [
    route("/kiosk/setup", setup, ["GET", "POST"], kind="kiosk"),
    route("/kiosk/frame", read_frame, ["POST"], kind="kiosk"),
    _kiosk("", welcome),
    _kiosk("/card", show_card, "POST"),
    _kiosk("/language", choose_language, "POST"),
    _kiosk("/help", help_page),
    _kiosk("/leave", end, "POST"),
    _kiosk("/still-there", still_there, card=True),
    _kiosk("/stay", stay, "POST", card=True),
    _kiosk("/lots", lots, card=True),
    _kiosk("/lots/{lot_id:uuid}", lot, card=True),
    _kiosk("/lots/{lot_id:uuid}/reserve", reserve, "POST", card=True),
    _kiosk("/pickups", pickups, card=True),
    _kiosk("/pickups/{reservation_id:uuid}", pickup, card=True),
    _kiosk("/pickups/{reservation_id:uuid}/cancel", cancel, "POST", card=True),
]
