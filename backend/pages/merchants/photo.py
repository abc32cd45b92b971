"""A photo of what is left becomes the form of a lot: what was read in it is marked until somebody has looked."""

from datetime import datetime

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, form_of
from backend.pages.merchants.lot_fields import read_in_photo, started_from, without_habits
from backend.pages.merchants.lots import earlier, lot_form
from backend.pages.merchants.workplace import MOST, Workplace, at_shop
from backend.pages.visit import Visit, route

NOT_TAKEN_OVER = ("title", "description", "kind")
"""Fields that are not taken over from an earlier lot: a lot is given only where somebody says so."""


async def photo(visit: Visit) -> Response:
    """Ask for a photo, or read it and show the form that it filled."""
    place = await at_shop(visit)
    if not visit.posted:
        return _ask(visit, place, Form())
    return await _read(visit, place)


async def shared(visit: Visit) -> Response:
    """Read a photo that was shared from the telephone's gallery. Who works for several shops chooses one first."""
    held = (await visit.api.get("/v1/me/memberships", limit=MOST))["data"]
    shops = [one for one in held if one["kind"] == "shop" and one["role"] != "reader"]
    if len(shops) != 1:
        return visit.to("/my-shops")
    return await _read(visit, await at_shop(visit, shop_id=shops[0]["id"]))


async def _read(visit: Visit, place: Workplace) -> Response:
    sent = await visit.sent()
    form, taken = form_of(sent), sent.get("photo")
    if not isinstance(taken, UploadFile) or not taken.size:
        return _ask(visit, place, form.wrong(photo=visit.t("forms.missing")), 422)
    answer = await visit.api.sends(
        "POST",
        "/v1/lots/drafts",
        form={"shop_id": place.shop["id"]},
        files={"photo": (taken.filename or "photo.jpg", await taken.read(), taken.content_type or "image/jpeg")},
        headers={"idempotency-key": form.key},
    )
    if not answer.is_success:
        refusal = Refused(answer)
        if refusal.status in (401, 429) or refusal.status >= 500:
            raise refusal
        return _ask(visit, place, form.wrong(photo=refusal.detail), refusal.status)
    made = answer.json()
    read = read_in_photo(made["draft"])
    now = datetime.now(place.zone)
    values = without_habits(place.shop, now)
    before = await earlier(visit, place, read.get("category"))
    if before is not None:
        values |= {
            name: value for name, value in started_from(before, place.zone, now).items() if name not in NOT_TAKEN_OVER
        }
    values |= read
    # A photo says nothing of how much is left that nobody has counted.
    values["quantity"] = made["draft"]["portions"] or ""
    return lot_form(
        visit,
        place,
        Form(),
        values,
        guessed=sorted({*read, *(["quantity"] if values["quantity"] else [])}),
        remarks=[remark["message"] for remark in made["warnings"]],
        photo_id=made["photo_id"],
    )


def _ask(visit: Visit, place: Workplace, form: Form, status: int = 200) -> Response:
    return place.page(visit, "merchants/photo.html", status, form=form, back=place.path)


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/photo", photo, ["GET", "POST"], needs="person"),
    # The telephone sends this form, and it publishes nothing.
    route("/share", shared, ["POST"], needs="person", cross_site=True),
]
