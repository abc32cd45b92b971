"""Drafts of lots from photos, over HTTP."""

from uuid import UUID

import limits
from fastapi import Request
from starlette.responses import Response

from backend.database.sessions import AsShopMember, database
from backend.drafts import actions
from backend.drafts.problems import DraftNotFound, WhichShop
from backend.drafts.schemas import DraftMade, DraftRead, ForShop
from backend.http.clients import unless_client_leaves
from backend.http.idempotency import IdempotencyInProgress, KeyHeader, Once, fingerprint, key_of
from backend.http.rate_limits import spend
from backend.http.routing import Router
from backend.http.uploads import content_hash, documented_upload, uploaded
from backend.identity.callers import caller
from backend.photos.problems import (
    PhotoDecoderUnavailable,
    PhotoOfWrongType,
    PhotoStoreUnavailable,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoTooManyScans,
    PhotoUnreadable,
)
from backend.problems.problem import language_of, may_answer
from backend.shops.problems import ShopNotFound, ShopNotVerified

router = Router(tags=["lots"])

DRAFTS = limits.parse("120/hour")
UPLOAD = documented_upload(
    ["photo"],
    {
        "photo": {
            "type": "string",
            "format": "binary",
            "description": "JPEG, PNG, WebP or HEIC; at most 10 MB and 25 megapixels.",
        },
        "shop_id": {
            "type": "string",
            "format": "uuid",
            "description": "The shop; needed if you have several.",
        },
    },
)


@router.post(
    "/lots/drafts",
    status_code=201,
    response_model=DraftMade,
    openapi_extra=UPLOAD,
    responses=may_answer(
        ShopNotFound,
        ShopNotVerified,
        WhichShop,
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
async def draft_lot(
    request: Request,
    _documented: KeyHeader = None,
) -> Response:
    """Draft a lot from a photo of unsold food.

    The draft is a suggestion, and nothing is published: correct it and send it to `POST /lots` with its `photo_id`.
    """
    account_id: UUID = await caller(request)
    await spend(request.scope, "drafts", DRAFTS, str(account_id))
    key = key_of(request)
    state = request.app.state
    async with uploaded(request, "photo", ForShop) as (file, wanted):
        sent = b"" if key is None else await content_hash(file) + str(wanted.shop_id).encode()
        drafting = actions.draft_lot(
            await database(request),
            state.photos,
            state.drafter,
            account_id,
            file,
            wanted.shop_id,
            language_of(request.scope),
            Once(key, fingerprint(request, sent)),
        )
        return await unless_client_leaves(request, drafting)


@router.get("/lots/drafts/{photo_id}", responses=may_answer(DraftNotFound))
async def read_draft(photo_id: UUID, session: AsShopMember, request: Request) -> DraftRead:
    """Read again what was drafted from your photo, until the photo is removed because no lot shows it."""
    return await actions.read_draft(session, photo_id, language_of(request.scope))
