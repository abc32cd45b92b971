"""One photo and whose shop it is for, out of a multipart body; the file lies on disk once it is larger than 1 MiB."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BufferedReader
from typing import cast
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from backend.common_facts import BodyOfWrongType, BodyUnreadable, RequestInvalid
from backend.errors import Fact, FieldError, language_of
from backend.messages import field_text

LONGEST_FIELD = 1024  # bytes
FIELDS = {"photo", "shop_id"}


@asynccontextmanager
async def uploaded(request: Request) -> AsyncIterator[tuple[UploadFile, UUID | None]]:
    """Give the photo and the shop's id, if one is named; the file is closed at the end.

    Raises BodyOfWrongType, BodyUnreadable, RequestInvalid.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise BodyOfWrongType(headers={"Accept": "multipart/form-data"})
    try:
        form = await request.form(max_files=1, max_fields=len(FIELDS), max_part_size=LONGEST_FIELD)
    # A form that breaks off or has more parts than that; a charset that decodes nothing, as `undefined` does.
    except (HTTPException, UnicodeError):
        raise _mistake(request, BodyUnreadable, "body", "form_invalid") from None
    try:
        yield _read(request, form)
    finally:
        await form.close()


async def content_hash(file: UploadFile) -> bytes:
    """Give the SHA-256 of an uploaded file, read piece by piece off the event loop; the file is at its begin again."""

    def read() -> bytes:
        digest = hashlib.file_digest(cast(BufferedReader, file.file), "sha256").digest()
        file.file.seek(0)
        return digest

    return await asyncio.to_thread(read)


def _read(request: Request, form: FormData) -> tuple[UploadFile, UUID | None]:
    for name in form:
        if name not in FIELDS:
            raise _mistake(request, RequestInvalid, "body", "extra_forbidden")
    photo, shop = form.get("photo"), form.get("shop_id")
    if photo is None:
        raise _mistake(request, RequestInvalid, "body.photo", "missing")
    if not isinstance(photo, UploadFile):
        raise _mistake(request, RequestInvalid, "body.photo", "file_expected")
    if shop is None:
        return photo, None
    try:
        return photo, UUID(str(shop))
    except ValueError:
        raise _mistake(request, RequestInvalid, "body.shop_id", "uuid_parsing") from None


def _mistake(request: Request, fact: type[Fact], field: str, kind: str) -> Fact:
    message = field_text(kind, language_of(request.scope))
    return fact(errors=[FieldError(field=field, code=kind, message=message)])
