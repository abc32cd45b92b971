"""The counter: a pass and its PIN, and what is to be handed over or why not."""

from hashlib import blake2b
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.http.rate_limits import spend
from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.frames import FRAMES, MOST_PHOTO_BYTES, answer_frame, code_in
from backend.pages.merchants.workplace import Workplace, at_shop
from backend.pages.visit import SignInNeeded, Visit, route
from backend.problems.common import BodyTooLarge

LONGEST_CODE = 40
LONGEST_TYPED_CODE = 20
"""A typed code has 10 signs, besides spaces; a QR code has 41."""


async def counter(visit: Visit) -> Response:
    """Show the form, or check the pass that was shown and say what is to be handed over."""
    place = await at_shop(visit, whole=False)
    if not visit.posted:
        return await _counter(visit, place, Form(), handed=visit.query.get("handed"))
    form = await visit.form()
    shown = str(form.value("shown"))
    wanted = {"qr" if len(shown) > LONGEST_TYPED_CODE else "code": shown, "pin": form.value("pin")}
    # The key names what was typed, so that a corrected PIN after « back » is another try and a double tap is none.
    tried = blake2b(f"{shown} {form.value('pin')}".encode(), digest_size=8).hexdigest()
    try:
        done = await visit.api.post("/v1/pickups", wanted, key=f"{form.key}-{tried}")
    except Refused as refusal:
        if refusal.status in (401, 429) or refusal.status >= 500:
            raise
        return await _refused(visit, place, form, refusal)
    return visit.to(f"{place.path}/counter", handed=done["reservation_id"])


async def _refused(visit: Visit, place: Workplace, form: Form, refusal: Refused) -> Response:
    again = Form({"shown": form.value("shown")})
    if refusal.code == "pass.wrong_pin":
        left = int(refusal.problem.get("tries_left", 0))
        said = visit.t("counter.wrong_pin", n=left) if left else visit.t("counter.last_pin")
        return await _counter(visit, place, again.wrong(pin=said), refusal.status, read=True)
    if refusal.code == "request.invalid":
        return await _counter(visit, place, again.refused(refusal, ("pin",)), refusal.status, read=True)
    return await _counter(visit, place, Form(), refusal.status, why_not=refusal)


async def _counter(
    visit: Visit,
    place: Workplace,
    form: Form,
    status: int = 200,
    *,
    handed: str | None = None,
    why_not: Refused | None = None,
    read: bool = False,
) -> Response:
    return place.page(
        visit,
        "merchants/counter.html",
        status,
        form=form,
        handed=await _handed(visit, place, handed) if handed else None,
        why_not=why_not,
        read=read,
    )


async def _handed(visit: Visit, place: Workplace, reservation_id: str) -> object:
    """Return what was handed over just now; None for anything that was not."""
    try:
        found = await visit.api.get(f"/v1/reservations/{UUID(reservation_id)}")
    except (Refused, ValueError):
        return None
    return found if found["status"] == "picked_up" else None


async def read_photo(visit: Visit) -> Response:
    """Read the code in a photo that was taken for it, and show the form with it."""
    if visit.session is None:
        raise SignInNeeded
    sent = await visit.sent()
    place = await at_shop(visit, shop_id=str(sent.get("shop_id", "")), whole=False)
    await spend(visit.request.scope, "frames", FRAMES, str(visit.session.account_id))
    photo = sent.get("photo")
    text = None
    if isinstance(photo, UploadFile):
        if (photo.size or 0) > MOST_PHOTO_BYTES:
            raise BodyTooLarge
        text = await code_in(await photo.read())
    if text is None:
        return await _counter(visit, place, Form().wrong(shown=visit.t("counter.no_code")), 422)
    return await _counter(visit, place, Form({"shown": text}), read=True)


async def read_frame(visit: Visit) -> Response:
    """Return the text of the QR code in a frame of the camera, or null."""
    if visit.session is None:
        raise SignInNeeded
    return await answer_frame(visit, str(visit.session.account_id))


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/counter", counter, ["GET", "POST"], needs="person"),
    route("/my-shops/code", read_photo, ["POST"], needs="person"),
    route("/my-shops/{shop_id:uuid}/counter/frame", read_frame, ["POST"], needs="person"),
]
