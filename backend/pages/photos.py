"""Photos for pages: `/v1/photos` wants a token, which a browser does not have."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import BaseRoute

from backend.pages.client import Refused
from backend.pages.forms import Form
from backend.pages.visit import Visit, route

_COPIED = ("content-type", "etag", "cache-control", "vary", "location")


async def photo(visit: Visit) -> Response:
    """Return what `GET /v1/photos/{photo_id}/{size}` answers to this browser's person."""
    path = f"/v1/photos/{visit.parameters['photo_id']}/{visit.parameters['size']}"
    known = visit.request.headers.get("if-none-match")
    answer = await visit.api.sends("GET", path, headers={"if-none-match": known} if known else None)
    if answer.status_code >= 400:
        raise Refused(answer)
    headers = {name: answer.headers[name] for name in _COPIED if name in answer.headers}
    return Response(answer.content, answer.status_code, headers)


@dataclass(frozen=True)
class PhotoSent:
    """A photo that a form sent: its id, or what is wrong with it and the status that says so.

    photo_id: None also for a form that takes the photo away.
    """

    photo_id: str | None
    wrong: str | None = None
    status: int = 422


async def send_photo(visit: Visit, form: Form) -> PhotoSent:
    """Upload the photo of a form, unless its button takes the photo away.

    Raises Refused for what is not about the photo.
    """
    if form.value("remove") == "yes":
        return PhotoSent(None)
    photo = (await visit.sent()).get("photo")
    if not isinstance(photo, UploadFile) or not photo.size:
        return PhotoSent(None, visit.t("forms.missing"))
    answer = await visit.api.sends(
        "POST",
        "/v1/photos",
        files={"photo": (photo.filename or "photo.jpg", await photo.read(), photo.content_type or "image/jpeg")},
        headers={"idempotency-key": form.key},
    )
    if answer.is_success:
        return PhotoSent(str(answer.json()["photo_id"]))
    refusal = Refused(answer)
    if refusal.status in (401, 429) or refusal.status >= 500:
        raise refusal
    return PhotoSent(None, refusal.detail, refusal.status)


routes: list[BaseRoute] = [route("/photos/{photo_id:uuid}/{size}", photo)]
