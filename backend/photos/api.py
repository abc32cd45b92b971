"""Photos over HTTP. A photo is visible to whoever may see a lot or a page that shows it, and to whoever took it."""

from uuid import UUID

import limits
from fastapi import Request, Response
from sqlmodel import col, select
from starlette.responses import RedirectResponse

from backend.database.sessions import database
from backend.files.store import SignedUrl
from backend.http.clients import unless_client_leaves
from backend.http.etags import unchanged
from backend.http.idempotency import IdempotencyInProgress, KeyHeader, Once, fingerprint, key_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.http.uploads import content_hash, documented_upload, uploaded
from backend.identity.callers import SIGN_IN_OPTIONAL, CallerOrNobody, also_at_kiosks, caller
from backend.photos import actions
from backend.photos.models import Photo
from backend.photos.pictures import Size
from backend.photos.problems import (
    PhotoDecoderUnavailable,
    PhotoNotFound,
    PhotoOfWrongType,
    PhotoStoreUnavailable,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoTooManyScans,
    PhotoUnreadable,
)
from backend.photos.schemas import NothingBeside, PhotoTaken
from backend.photos.store import WEBP, PhotoStore
from backend.problems.common import NotAllowed
from backend.problems.problem import may_answer

router = Router(tags=["lots"])

# A short lifetime, because lots end; Vary, because beneficiaries see photos that others do not.
PUBLIC = {"Cache-Control": "public, max-age=60", "Vary": "Authorization"}
NOT_KEPT = {"Cache-Control": "no-store"}


PHOTOS = limits.parse("60/hour")
UPLOAD = documented_upload(
    ["photo"],
    {
        "photo": {
            "type": "string",
            "format": "binary",
            "description": "JPEG, PNG, WebP or HEIC; at most 10 MB and 25 megapixels.",
        },
    },
)


@router.post(
    "/photos",
    status_code=201,
    response_model=PhotoTaken,
    openapi_extra=UPLOAD,
    responses=may_answer(
        NotAllowed,
        PhotoOfWrongType,
        PhotoTooLarge,
        PhotoTooManyPixels,
        PhotoTooManyScans,
        PhotoUnreadable,
        PhotoDecoderUnavailable,
        PhotoStoreUnavailable,
        IdempotencyInProgress,
    ),
)
async def take_photo(request: Request, _documented: KeyHeader = None) -> Response:
    """Upload a photo for the page of your shop or association, or for a problem report.

    For a page you need to be an owner or staff of one that is verified: send the photo's id to `PATCH /shops/{shop_id}`
    or `PATCH /associations/me`. For a report, send it to `POST /reservations/{reservation_id}/problem-report`.
    """
    account_id: UUID = await caller(request)
    await spend(request.scope, "photos", PHOTOS, str(account_id))
    key = key_of(request)
    async with uploaded(request, "photo", NothingBeside) as (file, _):
        sent = b"" if key is None else await content_hash(file)
        taking = actions.take_photo(
            await database(request), request.app.state.photos, account_id, file, Once(key, fingerprint(request, sent))
        )
        return await unless_client_leaves(request, taking)


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
    """Get a photo of a lot, or of the page of a shop or of an association.

    You can see the photos of the lots and pages that you can see and, if you work for a shop or an association, those
    that you took.
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
