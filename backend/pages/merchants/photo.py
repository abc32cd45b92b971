"""A photo of what is left becomes the form of a lot: what was read in it is marked until somebody has looked."""

from datetime import datetime
from typing import Any
from uuid import UUID

import httpx2
from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form, form_of
from backend.pages.merchants.lot_fields import read_in_photo, started_from, without_habits
from backend.pages.merchants.lots import earlier, lot_form
from backend.pages.merchants.workplace import MOST, Workplace, at_shop
from backend.pages.visit import Visit, route
from backend.problems.common import PathUnknown

File = tuple[str, bytes, str]
"""The name, the content and the media type of a photo."""
NOT_TAKEN_OVER = ("title", "description", "kind")
"""Fields that are not taken over from an earlier lot: a lot is given only where somebody says so."""


async def photo(visit: Visit) -> Response:
    """Ask for a photo, or have it read and go on to the form that it fills."""
    place = await at_shop(visit)
    if not visit.posted:
        return _ask(visit, place, Form())
    sent = await visit.sent()
    form, taken = form_of(sent), sent.get("photo")
    if isinstance(taken, UploadFile) and taken.size:
        return await _read(visit, place, form, _file(taken.filename, await taken.read(), taken.content_type))
    if form.value("photo_id"):
        return await _read(visit, place, form, await _kept(visit, str(form.value("photo_id"))))
    return _ask(visit, place, form.wrong(photo=visit.t("forms.missing")), 422)


async def shared(visit: Visit) -> Response:
    """Have a photo read that was shared from the telephone's gallery. Who works for several shops chooses one first."""
    shops = await _shops(visit)
    sent = await visit.sent()
    taken = sent.get("photo")
    if not shops or not isinstance(taken, UploadFile) or not taken.size:
        return visit.to("/my-shops")
    file = _file(taken.filename, await taken.read(), taken.content_type)
    if len(shops) == 1:
        return await _read(visit, await at_shop(visit, shop_id=shops[0]["id"]), Form(), file)
    answer = await visit.api.sends("POST", "/v1/photos", files={"photo": file})
    if not answer.is_success:
        raise Refused(answer)
    return visit.to("/share", photo=answer.json()["photo_id"])


async def choose_shop(visit: Visit) -> Response:
    """Ask for which shop a shared photo is."""
    photo_id = _id(visit.query.get("photo", ""))
    shops = await _shops(visit)
    if not shops:
        return visit.to("/my-shops")
    return visit.page("merchants/shared.html", shop=None, form=Form(), shops=shops, photo_id=photo_id, back="/my-shops")


async def draft(visit: Visit) -> Response:
    """Show the form of a lot that a photo filled, with what the shop's newest lot adds."""
    place = await at_shop(visit)
    made = await visit.api.get(f"/v1/lots/drafts/{visit.parameters['photo_id']}")
    if made["shop_id"] != place.shop["id"]:
        raise PathUnknown
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


async def _read(visit: Visit, place: Workplace, form: Form, file: File) -> Response:
    answer = await visit.api.sends(
        "POST",
        "/v1/lots/drafts",
        form={"shop_id": place.shop["id"]},
        files={"photo": file},
        headers={"idempotency-key": form.key},
    )
    if not answer.is_success:
        refusal = Refused(answer)
        if refusal.status in (401, 429) or refusal.status >= 500:
            raise refusal
        return _ask(visit, place, form.wrong(photo=refusal.detail), refusal.status)
    return visit.to(f"{place.path}/photo/{answer.json()['photo_id']}")


async def _shops(visit: Visit) -> list[dict[str, Any]]:
    """Return the shops where the person may publish lots."""
    held = (await visit.api.get("/v1/me/memberships", limit=MOST))["data"]
    return [one for one in held if one["kind"] == "shop" and one["role"] != "reader"]


async def _kept(visit: Visit, photo_id: str) -> File:
    """Return a photo that was shared before its shop was chosen."""
    answer = await visit.api.sends("GET", f"/v1/photos/{_id(photo_id)}/full")
    content = answer.content if answer.is_success else b""
    if 300 <= answer.status_code < 400:  # to where the picture is stored
        async with httpx2.AsyncClient(timeout=10) as store:
            stored = await store.get(answer.headers["location"])
        content = stored.content if stored.is_success else b""
    if not content:
        raise PathUnknown
    return _file("photo.webp", content, "image/webp")


def _file(name: str | None, content: bytes, kind: str | None) -> File:
    return name or "photo.jpg", content, kind or "image/jpeg"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise PathUnknown from None


def _ask(visit: Visit, place: Workplace, form: Form, status: int = 200) -> Response:
    return place.page(visit, "merchants/photo.html", status, form=form, back=place.path)


routes: list[BaseRoute] = [
    route("/my-shops/{shop_id:uuid}/photo", photo, ["GET", "POST"], needs="person"),
    route("/my-shops/{shop_id:uuid}/photo/{photo_id:uuid}", draft, needs="person"),
    route("/share", choose_shop, needs="person"),
    # The telephone sends this form, and it publishes nothing.
    route("/share", shared, ["POST"], needs="person", cross_site=True),
]
