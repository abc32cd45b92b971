"""Photos over HTTP. A photo is visible to whoever may see a lot that shows it, and to the merchant who took it."""

from uuid import UUID

from fastapi import Request, Response
from sqlmodel import col, select
from starlette.responses import RedirectResponse

from backend.database.sessions import database
from backend.files.store import SignedUrl
from backend.http.etags import unchanged
from backend.http.routing import Router
from backend.identity.callers import SIGN_IN_OPTIONAL, CallerOrNobody, also_at_kiosks
from backend.photos.models import Photo
from backend.photos.pictures import Size
from backend.photos.problems import PhotoNotFound, PhotoStoreUnavailable
from backend.photos.store import WEBP, PhotoStore
from backend.problems.problem import may_answer

router = Router(tags=["lots"])

# A short lifetime, because lots end; Vary, because beneficiaries see photos that others do not.
PUBLIC = {"Cache-Control": "public, max-age=60", "Vary": "Authorization"}
NOT_KEPT = {"Cache-Control": "no-store"}


@router.get(
    "/photos/{photo_id}/{size}",
    response_class=Response,
    openapi_extra=SIGN_IN_OPTIONAL,
    responses={
        200: {
            "description": "The picture: the longest side of `full` has at most 1600 px, that of `card` at most 480.",
            "content": {WEBP: {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "The picture named by If-None-Match is still current."},
        307: {"description": "The picture can be fetched at this address for a minute."},
        **may_answer(PhotoNotFound, PhotoStoreUnavailable),
    },
)
@also_at_kiosks
async def show_photo(photo_id: UUID, size: Size, request: Request, account_id: CallerOrNobody) -> Response:
    """Get a photo of a lot.

    You can see the photos of the lots that you can see and, as a merchant, those that you took.
    """
    async with (await database(request)).session(account_id) as session, session.begin():
        seen = select(Photo.id).where(col(Photo.id) == photo_id, col(Photo.status) == "kept")
        if (await session.execute(seen)).first() is None:
            raise PhotoNotFound

    headers = {**(PUBLIC if account_id is None else NOT_KEPT), "ETag": f'"{photo_id}.{size}"'}
    if unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    store: PhotoStore = request.app.state.photos
    picture = await store.find(photo_id, size)
    if picture is None:
        raise PhotoNotFound
    if isinstance(picture, SignedUrl):
        return RedirectResponse(picture, 307, NOT_KEPT)
    return Response(picture, headers=headers, media_type=WEBP)
