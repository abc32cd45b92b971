"""The counter of a paired device: the square or the code, the PIN, done, next; and how a device is paired."""

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from backend.pages import cookies
from backend.pages.client import Refused
from backend.pages.forms import Form, constraints
from backend.pages.frames import answer_frame
from backend.pages.session import begin_device, end_session
from backend.pages.visit import Visit, route
from backend.pickups.problems import WrongPin
from backend.problems.common import NotAllowed, NotSignedIn
from backend.stations.problems import StationPaused
from backend.stations.schemas import PairingIn

PATH = "/station"
MOST_DIGITS = 6
WAITS = frozenset({StationPaused.code})
LONGEST_CODE = 20  # a code is shorter, the content of a square is longer


async def counter(visit: Visit) -> Response:
    """Show the counter, or how to pair this device."""
    if visit.session is None:
        return _pairing(visit, Form())
    try:
        station = await visit.api.get("/v1/stations/me")
    except Refused as refusal:
        return _out_of_work(visit, refusal)
    if same := visit.unchanged(station):
        return same
    return visit.page("station/counter.html", station=station, form=Form(), longest=200)


async def pair(visit: Visit) -> Response:
    """Pair this device with the code that the shop's owner was shown."""
    form = await visit.form()
    if cookies.refused(visit, form):
        return _pairing(visit, Form(form.typed, {}, visit.t("signing_in.no_cookies"), form.key), 422)
    try:
        paired = await visit.api.post("/v1/stations/pair", {"pairing_code": str(form.value("pairing_code"))})
    except Refused as refusal:
        wrong = form.refused(refusal, ("pairing_code",))
        page = _pairing(visit, wrong if wrong.errors else form.wrong(pairing_code=refusal.detail), refusal.status)
        page.headers.update(refusal.headers)
        return page
    page = visit.to("/station")
    cookies.forget(page, PATH)
    if visit.session is not None:
        await end_session(visit.request, page, visit.session)
    await begin_device(visit.request, page, "station", {"access_token": paired["station_token"]})
    return page


async def hand_over(visit: Visit) -> Response:
    """Hand the portions of a pass over, and say so; otherwise the counter again, with what is wrong."""
    form = await visit.form()
    if visit.session is None:
        return RedirectResponse("/station", 303)
    try:
        handed = await visit.api.post("/v1/pickups", _shown(form), key=_key(form))
    except Refused as refusal:
        return await _refused(visit, form, refusal)
    return visit.page("station/handed.html", handed=handed, station=await visit.api.get("/v1/stations/me"))


async def hand_over_late(visit: Visit) -> Response:
    """Hand over what was shown while the device had no network, and answer its script with what became of it.

    The device says how many seconds ago that was, so that its clock need not be right.
    """
    form = await visit.form()
    ago = str(form.value("seconds_ago"))
    if visit.session is None or not (ago.isascii() and ago.isdigit() and len(ago) <= MOST_DIGITS):
        raise NotAllowed
    shown_at = datetime.now(UTC) - timedelta(seconds=int(ago))
    try:
        handed = await visit.api.post(
            "/v1/pickups", {**_shown(form), "shown_at": shown_at.isoformat()}, key=f"{form.key}-late"
        )
    except Refused as refusal:
        if refusal.code in WAITS or refusal.status in (401, 429) or refusal.status >= 500:
            raise  # the pickup goes on waiting: the device may be paired again, and its shop restored
        return JSONResponse({"handed": False, "words": refusal.detail})
    words = visit.t("station.handed", n=handed["quantity"], title=handed["title"])
    return JSONResponse({"handed": True, "words": words})


async def read_frame(visit: Visit) -> Response:
    """Return the text of the QR code in a frame of a device's camera, or null."""
    if visit.session is None:
        raise NotAllowed
    return await answer_frame(visit, visit.session.id_hash.hex())


async def _refused(visit: Visit, form: Form, refusal: Refused) -> Response:
    try:
        station = await visit.api.get("/v1/stations/me")
    except Refused as why:
        return _out_of_work(visit, why)
    again = form.refused(refusal, ("shown", "pin"), {"qr": "shown", "code": "shown"})
    if refusal.code == WrongPin.code:
        left = int(refusal.problem["tries_left"])
        again = form.wrong(pin=visit.t("station.wrong_pin", n=left) if left else visit.t("station.last_pin"))
    typed = {"shown": form.value("shown")} if again.errors.keys() == {"pin"} else {}
    # A new key, because what is sent next is another try.
    page = visit.page(
        "station/counter.html",
        refusal.status,
        station=station,
        form=Form(typed, again.errors, again.problem),
        longest=200,
    )
    page.headers.update(refusal.headers)
    return page


def _shown(form: Form) -> dict[str, Any]:
    """Return the body for a pickup: a scanner writes the content of the square into the field for the code."""
    code = str(form.value("shown"))
    return {"qr" if len(code) > LONGEST_CODE else "code": code, "pin": str(form.value("pin"))}


def _key(form: Form) -> str:
    """Return a key that names what was typed: another code after « back » is another try, a double tap is none."""
    tried = blake2b(f"{form.value('shown')} {form.value('pin')}".encode(), digest_size=8).hexdigest()
    return f"{form.key}-{tried}"


def _pairing(visit: Visit, form: Form, status: int = 200, *, revoked: bool = False) -> Response:
    rules = constraints(PairingIn)["pairing_code"]
    page = visit.page("station/pair.html", status, form=form, rules=rules, revoked=revoked)
    cookies.probe(page, PATH)
    return page


def _out_of_work(visit: Visit, refusal: Refused) -> Response:
    """Return the page of a device that was revoked, or whose shop is suspended. Raises other refusals."""
    if refusal.code == NotSignedIn.code:
        return _pairing(visit, Form(), 403, revoked=True)
    if refusal.status == 403:
        return visit.page("station/paused.html", 403, detail=refusal.detail)
    raise refusal


routes: list[BaseRoute] = [
    route("/station", counter, kind="station"),
    route("/station", hand_over, ["POST"], kind="station"),
    route("/station/pair", pair, ["POST"], kind="station"),
    route("/station/late", hand_over_late, ["POST"], kind="station"),
    route("/station/frame", read_frame, ["POST"], kind="station"),
]
