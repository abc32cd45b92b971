"""Draft a lot from a photo. No transaction is open while the photo is read or the model is asked."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.responses import Response

from ai import Context, Drafter, DraftResult, EarlierListing, Photo
from backend.database.sessions import Database, call, call_row, require_role
from backend.drafts.schemas import DraftMade, DraftOut, DraftRead, Remark
from backend.http.idempotency import Once
from backend.identity.tokens import Role
from backend.photos.actions import begin_photo, mark_photo_kept
from backend.photos.pictures import Pictures, read_photo
from backend.photos.store import PhotoStore
from backend.problems.texts import Language, warning_text

RECALLED = "recalled"
EARLIER = TypeAdapter(list[EarlierListing])


async def draft_lot(
    database: Database,
    store: PhotoStore,
    drafter: Drafter,
    account_id: UUID,
    file: UploadFile,
    shop_id: UUID | None,
    language: Language,
    once: Once,
) -> Response:
    """Draft a lot from a photo, store both, and answer with them.

    Cancelling the call stops all of it. Raises NotAllowed and whatever `read_photo` and the photo store raise; the
    database raises ShopNotFound, WhichShop, ShopNotVerified.
    """
    async with database.session(account_id) as session, session.begin():
        await require_role(session, Role.MERCHANT, or_member_of="shop")
        answered = await once.claim(session)
        if answered is not None:
            return answered
        # Before the photo is decoded, which costs more than anything else here.
        await call_row(session, "shop_to_draft_for", wanted_shop=shop_id)
    try:
        pictures = await read_photo(file, account_id)
        try:
            return await _draft(database, store, drafter, account_id, pictures, shop_id, language, once)
        finally:
            pictures.give_up()
    except BaseException:
        async with database.session(account_id) as session, session.begin():
            await once.release(session)
        raise


async def _draft(
    database: Database,
    store: PhotoStore,
    drafter: Drafter,
    account_id: UUID,
    pictures: Pictures,
    shop_id: UUID | None,
    language: Language,
    once: Once,
) -> Response:
    async with database.session(account_id) as session, session.begin():
        begun: Any = await call_row(session, "begin_draft", wanted_shop=shop_id, with_model=drafter.asks_model)
        photo_id = await begin_photo(session)
    begun_at: datetime = begun.begun_at
    context = Context(
        today=begun_at.astimezone(ZoneInfo(begun.time_zone)).date(),
        now=begun_at,
        time_zone=begun.time_zone,
        language=language,
        shop_category=begun.shop_category,
        earlier=EARLIER.validate_python(begun.earlier),
    )

    drafting = asyncio.create_task(
        drafter.draft_listing(
            Photo(pictures.pixels, pictures.for_model, "image/jpeg"), context, use_model=begun.no_model_because is None
        )
    )
    try:
        await store.keep(photo_id, await pictures.encoded())
    except BaseException:
        drafting.cancel()
        raise
    drafted = await drafting

    async with database.session(account_id) as session, session.begin():
        made = await _keep(session, photo_id, pictures, begun.shop, begun_at, drafted, language, begun.no_model_because)
        return await once.keep(session, made, 201)


async def _keep(
    session: AsyncSession,
    photo_id: UUID,
    pictures: Pictures,
    shop: UUID,
    begun_at: datetime,
    drafted: DraftResult,
    language: Language,
    no_model_because: str | None,
) -> DraftMade:
    await mark_photo_kept(session, photo_id, pictures.width, pictures.height)
    remarks = [no_model_because] if no_model_because else []
    remarks += [warning.value for warning in drafted.warnings]
    recalled = await call(
        session,
        "keep_draft",
        shop=shop,
        photo=photo_id,
        reader=drafted.reader,
        model=drafted.model,
        draft=drafted.draft.model_dump_json(),
        begun_at=begun_at,
        confidence=json.dumps(drafted.confidence),
        remarks=remarks,
    )
    return DraftMade(
        photo_id=photo_id,
        draft=DraftOut.model_validate(drafted.draft),
        confidence=drafted.confidence,
        warnings=_warnings(remarks, recalled, language),
        reader=drafted.reader,
    )


async def read_draft(session: AsyncSession, photo_id: UUID, language: Language) -> DraftRead:
    """Return the draft that was made from a photo of the caller's. The database raises DraftNotFound."""
    found: Any = await call_row(session, "draft_of_photo", photo=photo_id)
    return DraftRead(
        photo_id=photo_id,
        shop_id=found.shop_id,
        draft=DraftOut.model_validate(found.draft),
        confidence=found.confidence,
        warnings=_warnings(found.remarks, found.recalled, language),
        reader=found.reader,
    )


def _warnings(remarks: Sequence[str], recalled: bool, language: Language) -> list[Remark]:
    codes = [*([RECALLED] if recalled else []), *remarks]
    return [Remark(code=code, message=warning_text(code, language)) for code in codes]
